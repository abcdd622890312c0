import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createLogIntake } from '../../../agent/watch/log-intake.ts'
import { createDetector } from '../../../rules/detect/create-detector.ts'
import { DEFAULT_DETECT_POLICY, type DetectPolicy } from '../../../rules/detect/detect-policy.ts'
import type { Verdict } from '../../../rules/detect/detector.ts'
import { createAttributor } from '../../../rules/requests/attributor.ts'
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
  ),
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
    { weight: 1, arbitrary: fc.constantFrom('004', '060', '054', '401', '', '7', '0000') },
  ),
})
type Run = typeof RUN extends fc.Arbitrary<infer T> ? T : never

const KEYS = fc.constantFrom([], ['subject'], ['result'], ['subject', 'result'])

/** @param keys which keys every line has beside the others: one shape a log */
function linesOf(runs: readonly Run[], keys: readonly string[]): string {
  let nowMs = EIGHT
  let text = ''
  for (const [number, { account, addresses, path, count, gapMs, lateMs, subject, status, result }] of runs.entries()) {
    for (let call = 0; call < count; call++) {
      nowMs += gapMs
      const at = new Date(nowMs - lateMs).toISOString()
      const person = subject === 'others' ? String(7_000_000_000 + number * 1000 + call) : subject
      const values: Readonly<Record<string, string>> = { subject: person, result }
      const more = keys.map((key) => `,"${key}":"${values[key] ?? ''}"`).join('')
      text += `{"at":"${at}","ip":"${addresses[call % addresses.length]}","port":"40000","method":"POST","uri":"/${path}?token=abc&username=${account}&password=x","status":"${status}"${more}}\n`
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
  let quick = 0
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
              if (isTaken) quick++
              return isTaken
            },
            expectLookups: (accounts, count) => detector.expectLookups(accounts, count),
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
    let [quick, lines, verdicts] = [0, 0, 0]
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
          quick += one.quick
          lines += one.known.counts.lines
          verdicts += one.known.verdicts.length
        },
      ),
      { numRuns: 60, seed: 2019 },
    )
    // The property would hold for a quick way that takes nothing, and for one that never meets an action.
    expect(quick).toBeGreaterThan(lines / 100)
    expect(verdicts).toBeGreaterThan(20)
  })
})
