import { createDetector } from '../rules/detect/create-detector.ts'
import { DEFAULT_DETECT_POLICY } from '../rules/detect/detect-policy.ts'
import type { Registrations } from '../rules/detect/registered-facility.ts'
import type { AttributedRequest } from '../rules/requests/attributed-request.ts'
import { makeFacilities, registrationsOf } from '../test/support/scenarios/facilities.ts'
import { ordinaryDay } from '../test/support/scenarios/ordinary-day.ts'
import { aRequest, dayStartMs, subjectOf } from '../test/support/scenarios/request.ts'
import type { BenchResult } from './bench-result.ts'
import { usedBytes } from './used-bytes.ts'

const REQUESTS = 500_000
const FACILITIES = 13_000
const ROUNDS = 5
/** What `watch` may take for 200,000 accounts. */
const MEMORY_LIMIT_MB = 200
/** Look-ups of each account where memory is measured: a heavy one in ten. */
const LIGHT_LOOKUPS = 12
const HEAVY_LOOKUPS = 60

/** Requests a second through all windows and rules, beside the least that any counter would do: find the account, add one. Then memory. */
export async function benchDetect(): Promise<readonly BenchResult[]> {
  const facilities = makeFacilities(2019, FACILITIES)
  const registrations = registrationsOf(facilities)
  const speed = [true, false].map((withSubjects) => {
    const day = ordinaryDay({ seed: 7, facilities, startMs: dayStartMs('2026-03-03'), withSubjects })
    const requests = busyMorning(day)
    const best = { ours: Infinity, limit: Infinity }
    for (let round = 0; round < ROUNDS; round++) {
      best.limit = Math.min(
        best.limit,
        timeMs(() => countOnly(requests)),
      )
      best.ours = Math.min(
        best.ours,
        timeMs(() => observeAll(requests, registrations)),
      )
    }
    return speedOf(
      withSubjects ? 'all rules, persons told' : 'all rules, no persons told',
      requests.length,
      best.ours,
      best.limit,
    )
  })
  const memory = [FACILITIES, 200_000].map((accounts) => {
    const ours = Math.round(megabytesFor(accounts))
    return {
      bench: 'detect',
      case: `memory, ${accounts} accounts`,
      ours,
      limit: MEMORY_LIMIT_MB,
      ratio: ours / MEMORY_LIMIT_MB,
      unit: 'MB',
    }
  })
  return [...speed, ...memory]
}

/** The requests from eight o'clock on, when accounts have a past and all are at work. */
function busyMorning(day: Iterable<AttributedRequest>): AttributedRequest[] {
  const requests: AttributedRequest[] = []
  const fromMs = dayStartMs('2026-03-03') + 8 * 3_600_000
  for (const request of day) {
    if (request.atMs < fromMs) continue
    requests.push(request)
    if (requests.length === REQUESTS) break
  }
  return requests
}

function observeAll(requests: readonly AttributedRequest[], registrations: Registrations): void {
  const detector = createDetector(DEFAULT_DETECT_POLICY, { maskAccount: (account) => account, registrations })
  for (const request of requests) detector.observe(request)
}

function countOnly(requests: readonly AttributedRequest[]): void {
  const counts = new Map<string, { lookups: number }>()
  for (const { account = '' } of requests) {
    const held = counts.get(account)
    if (held === undefined) counts.set(account, { lookups: 1 })
    else held.lookups++
  }
}

/** Time of this thread alone: other work on the machine does not count. */
function timeMs(run: () => void): number {
  const before = process.threadCpuUsage()
  run()
  return process.threadCpuUsage(before).user / 1000
}

function speedOf(name: string, requests: number, oursMs: number, limitMs: number): BenchResult {
  const [ours, limit] = [oursMs, limitMs].map((ms) => Math.round((requests / ms) * 1000))
  return { bench: 'detect', case: name, ours: ours ?? 0, limit: limit ?? 0, ratio: limitMs / oursMs, unit: 'requests/s' }
}

/** What a detector takes that holds so many accounts, each with persons told. */
function megabytesFor(accounts: number): number {
  const before = usedBytes()
  const detector = createDetector(DEFAULT_DETECT_POLICY, { maskAccount: (account) => account, maxAccounts: accounts })
  const startMs = dayStartMs('2026-03-03') + 8 * 3_600_000
  for (let number = 0; number < accounts; number++) {
    const facility = String(1_000 + (number % 90_000)).padStart(5, '0')
    const name = number < 90_000 ? `${facility}_BV` : `${facility}_${'abcdefghij'[number % 10] ?? ''}${number}`
    const lookups = number % 10 === 0 ? HEAVY_LOOKUPS : LIGHT_LOOKUPS
    for (let lookup = 0; lookup < lookups; lookup++) {
      const subject = subjectOf(facility, lookup >> 1)
      detector.observe(
        aRequest({
          account: name,
          facility,
          ip: `14.${number >> 16}.${(number >> 8) & 255}.${number & 255}`,
          subject,
          atMs: startMs + number * 50 + lookup * 400,
        }),
      )
    }
  }
  const bytes = usedBytes() - before
  if (detector.size !== accounts)
    throw new Error(`Only ${detector.size} of ${accounts} accounts are held: the figure would mean nothing`)
  return bytes / 1_048_576
}
