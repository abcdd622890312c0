import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createLogIntake } from '../../../agent/watch/log-intake.ts'
import { createDetector } from '../../../rules/detect/create-detector.ts'
import { DEFAULT_DETECT_POLICY, type DetectPolicy } from '../../../rules/detect/detect-policy.ts'
import type { Verdict } from '../../../rules/detect/detector.ts'
import { isAnswered, missOf } from '../../../rules/detect/is-lookup.ts'
import { createAttributor } from '../../../rules/requests/attributor.ts'
import type { LookupLine } from '../../../rules/requests/lookup-line.ts'
import { createMasker } from '../../../rules/requests/mask-account.ts'
import { AccountTallies } from '../../../rules/tallies/account-tallies.ts'
import { registrationsOf } from '../../support/scenarios/facilities.ts'
import { dayStartMs } from '../../support/scenarios/request.ts'

const key = new Uint8Array(32).fill(7)
const EIGHT = dayStartMs('2026-03-02') + 8 * 3_600_000
const { absolute } = DEFAULT_DETECT_POLICY

/** Limits so low that a few look-ups reach them, in every window. */
const STRICT: DetectPolicy = {
  ...DEFAULT_DETECT_POLICY,
  absolute: {
    ...absolute,
    limits: [
      { window: '30s', lookups: 20, atLeast: 10, perDailyVisit: 0.4, atMost: 40 },
      { window: '10m', lookups: 60, atLeast: 40, perDailyVisit: 0.4, atMost: 90 },
      { window: '24h', lookups: 150, atLeast: 90, perDailyVisit: 1, atMost: 400 },
    ],
  },
  burst: { ...DEFAULT_DETECT_POLICY.burst, lookups: 30 },
}

/** Accounts of every shape; the first few are of registered facilities. */
const ACCOUNTS = [
  '01000_BV',
  '01001_TC',
  '01002_bv',
  '98765_BV',
  '01003',
  `01000_${'9'.repeat(12)}`,
  `01004_${'8'.repeat(12)}`,
  '01000%5FBV',
  'x',
]
const REGISTRATIONS = registrationsOf(
  ['01000', '01001', '01002', '01004'].map((code, number) => ({
    code,
    account: `${code}_BV`,
    dailyVisits: 10 ** number,
    ip: `20.0.0.${number}`,
  })),
)

function tokenOf(name: string): string {
  return Buffer.from(`${'A'.repeat(43)}=:${name}:${'1'.repeat(18)}`).toString('base64')
}

function outcomeOf(line: LookupLine): 'found' | 'missed' | 'refused' {
  if (!isAnswered(line)) return 'refused'
  return missOf(line) === undefined ? 'found' : 'missed'
}

/** So many lines alike, so far apart, and as late as that. */
const RUN = fc.record({
  account: fc.constantFrom(...ACCOUNTS),
  addresses: fc.constantFrom(
    ['20.0.0.0'],
    ['20.0.0.1'],
    ['20.0.0.2', '8.8.8.8'],
    ['8.8.8.8', '8.8.4.4', '1.1.1.1'],
    ['2001:db8::1'],
    ['::ffff:8.8.8.8'],
  ),
  path: fc.constantFrom(
    ...Array.from({ length: 6 }, () => 'api/egw/KQNhanLichSuKCB2024'),
    'api/egw/Lskcb2025',
    'API/egw/api/egw/nhanLichSuKCB',
    'api/egw/KQNhanLichSuKCB2019',
    'api/egw/guiHoSoGiamDinh4210',
    'api/token/take',
    'api/token/take',
  ),
  /** A log-in mostly names nobody in its target. */
  isNamed: fc.oneof({ weight: 5, arbitrary: fc.constant(true) }, { weight: 2, arbitrary: fc.constant(false) }),
  count: fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 1, max: 60 }) }, { weight: 1, arbitrary: fc.constant(300) }),
  gapMs: fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 0, max: 3_000 }) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 900_000 }) },
  ),
  lateMs: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 0, max: 200_000 }) }),
  subject: fc.oneof(
    { weight: 3, arbitrary: fc.constant('others' as const) },
    { weight: 1, arbitrary: fc.constantFrom('', '0123456789', '0000000000', `GD4${'9'.repeat(12)}`, 'ab'.repeat(16)) },
  ),
  status: fc.oneof({ weight: 5, arbitrary: fc.constant('200') }, { weight: 1, arbitrary: fc.constantFrom('404', '502', '') }),
  result: fc.oneof(
    { weight: 5, arbitrary: fc.constant('000') },
    { weight: 2, arbitrary: fc.constantFrom('004', '051', '060', '054', '401', '', '7', '0000') },
  ),
  /** What a proxy writes down of the body of a log-in and of a header: the account, something else, or nothing. */
  username: fc.oneof({ weight: 3, arbitrary: fc.constant('') }, { weight: 1, arbitrary: fc.constantFrom('01000_BV', 'x') }),
  accessToken: fc.oneof(
    { weight: 3, arbitrary: fc.constant('') },
    { weight: 1, arbitrary: fc.constantFrom('x', tokenOf('01001_TC')) },
  ),
})
type Run = typeof RUN extends fc.Arbitrary<infer T> ? T : never

const KEYS = fc.constantFrom(
  [],
  ['subject'],
  ['result'],
  ['subject', 'result'],
  ['username'],
  ['result', 'accessToken', 'username'],
)

/** A busy account that then asks for nobody who is there, for the same nobody, in the name of no officer, and without an answer code. */
const GUESSER: readonly Run[] = (
  [
    ['000', '200', 'others', 100, 700],
    ['051', '200', 'others', 52, 6_000],
    ['051', '200', '0123456789', 30, 6_000],
    ['054', '200', 'others', 28, 6_000],
    ['', '404', 'others', 52, 6_000],
    ['000', '502', 'others', 30, 6_000],
  ] as const
).map(([result, status, subject, count, gapMs]) => ({
  account: '01000_BV',
  addresses: ['20.0.0.0'],
  path: 'api/egw/KQNhanLichSuKCB2024',
  isNamed: true,
  count,
  gapMs,
  lateMs: 0,
  subject,
  status,
  result,
  username: '',
  accessToken: '',
}))

/** @param keys which keys every line has beside the others: one shape a log */
function linesOf(runs: readonly Run[], keys: readonly string[]): string {
  let nowMs = EIGHT
  let text = ''
  for (const [number, run] of runs.entries()) {
    const { account, addresses, path, count, gapMs, lateMs, subject, status, result, username, accessToken } = run
    const query = run.isNamed ? `?token=abc&username=${account}&password=x` : ''
    for (let call = 0; call < count; call++) {
      nowMs += gapMs
      const at = new Date(nowMs - lateMs).toISOString()
      const person = subject === 'others' ? String(7_000_000_000 + number * 1000 + call) : subject
      const values: Readonly<Record<string, string>> = { subject: person, result, username, accessToken }
      const more = keys.map((key) => `,"${key}":"${values[key] ?? ''}"`).join('')
      text += `{"at":"${at}","ip":"${addresses[call % addresses.length]}","port":"40000","method":"POST","uri":"/${path}${query}","status":"${status}"${more}}\n`
    }
  }
  return text
}

/** All that a detector says of a log, and all that it then knows. */
function judged(text: string, policy: DetectPolicy, isQuick: boolean, isRegistered: boolean, isTallied: boolean) {
  const tallies = isTallied ? new AccountTallies({ edge: 'hn-1', boot: '0'.repeat(16), key, tellsFacility: true }) : undefined
  const detector = createDetector(policy, {
    maskAccount: createMasker(key),
    maxAccounts: 9,
    ...(isRegistered ? { registrations: REGISTRATIONS } : {}),
    ...(tallies === undefined ? {} : { tallies }),
  })
  const verdicts: Verdict[] = []
  const quick = { found: 0, missed: 0, refused: 0, logIns: 0 }
  const intake = createLogIntake({
    format: 'nginx-json',
    key,
    attributor: createAttributor(),
    takeRequest: (request) => verdicts.push(...detector.observe(request)),
    ...(isQuick
      ? {
          lookups: {
            takeLookup(line) {
              const isTaken = detector.takeLookup(line)
              if (isTaken) quick[line.class === 'token' ? 'logIns' : outcomeOf(line)]++
              return isTaken
            },
            expectLookups: (ahead, count) => detector.expectLookups(ahead, count),
          },
        }
      : {}),
  })
  const splitter = intake.createSplitter()
  splitter.push(Buffer.from(text))
  return {
    quick,
    known: {
      verdicts,
      counts: intake.counts,
      live: detector.live(),
      top: detector.top(10),
      figures: [detector.nowMs, detector.late, detector.size, detector.evicted],
      state: Buffer.concat([...detector.snapshot()]).toString('latin1'),
      tally: tallies?.book.take(true),
    },
  }
}

describe('the quick way of a look-up, from the line to the counters', () => {
  it.each([
    ['the policy as shipped', DEFAULT_DETECT_POLICY],
    ['limits so low that most accounts are over one', STRICT],
  ])('leaves behind what the whole way leaves behind: %s', (_, policy) => {
    let [lines, verdicts] = [0, 0]
    const quick = { found: 0, missed: 0, refused: 0, logIns: 0 }
    fc.assert(
      fc.property(
        fc.array(RUN, { minLength: 1, maxLength: 30 }),
        KEYS,
        fc.boolean(),
        fc.boolean(),
        (runs, keys, isRegistered, isTallied) => {
          const text = linesOf(runs, keys)
          const one = judged(text, policy, true, isRegistered, isTallied)
          const other = judged(text, policy, false, isRegistered, isTallied)
          expect(one.known).toEqual(other.known)
          for (const kind of ['found', 'missed', 'refused', 'logIns'] as const) quick[kind] += one.quick[kind]
          lines += one.known.counts.lines
          verdicts += one.known.verdicts.length
        },
      ),
      {
        numRuns: 60,
        seed: 2019,
        examples: [
          [[...GUESSER], ['subject', 'result'], true, true],
          [[...GUESSER], ['subject', 'result'], false, false],
          // So many officers who are not there that the rules are asked sooner, and the log ends.
          [GUESSER.filter(({ result }, number) => number === 0 || result === '054'), ['subject', 'result'], false, false],
        ],
      },
    )
    // The property would hold for a quick way that takes nothing, and for one that never meets an action.
    expect(quick.found).toBeGreaterThan(lines / 100)
    for (const taken of Object.values(quick)) expect(taken).toBeGreaterThan(0)
    expect(verdicts).toBeGreaterThan(20)
  })
})
