import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createDetector } from '../../../rules/detect/create-detector.ts'
import { DEFAULT_DETECT_POLICY, type DetectPolicy } from '../../../rules/detect/detect-policy.ts'
import type { AccountPlace, AttributedRequest } from '../../../rules/requests/attributed-request.ts'
import { makeFacilities, registrationsOf } from '../../support/scenarios/facilities.ts'
import { aRequest, dayStartMs, subjectOf } from '../../support/scenarios/request.ts'

const EIGHT = dayStartMs('2026-03-02') + 8 * 3_600_000
const FACILITIES = makeFacilities(11, 6, 1)
const REGISTRATIONS = registrationsOf(FACILITIES)
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

/** So many look-ups of one account, so far apart: of other persons, the same one, or nobody that is told; and as late as that. */
const RUN = fc.record({
  facility: fc.nat({ max: FACILITIES.length - 1 }),
  count: fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 1, max: 60 }) }, { weight: 1, arbitrary: fc.constant(400) }),
  gapMs: fc.oneof(fc.integer({ min: 0, max: 3_000 }), fc.integer({ min: 0, max: 600_000 })),
  lateMs: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 0, max: 200_000 }) }),
  persons: fc.constantFrom('others' as const, 'the same' as const, 'untold' as const),
  isAbroad: fc.boolean(),
  result: fc.constantFrom('000', '060', '054', '401'),
})
type Run = typeof RUN extends fc.Arbitrary<infer T> ? T : never

function requestsOf(runs: readonly Run[]): AttributedRequest[] {
  const requests: AttributedRequest[] = []
  const places = FACILITIES.map((): AccountPlace => ({ slot: 0 }))
  let nowMs = EIGHT
  for (const [number, { facility, count, gapMs, lateMs, persons, isAbroad, result }] of runs.entries()) {
    const { account, code, ip } = FACILITIES[facility] as (typeof FACILITIES)[number]
    for (let call = 0; call < count; call++) {
      nowMs += gapMs
      const subject = persons === 'untold' ? undefined : subjectOf(code, persons === 'others' ? number * 1000 + call : 7)
      requests.push(
        aRequest({
          account,
          facility: code,
          place: places[facility],
          ip: isAbroad ? '113.161.0.9' : ip,
          atMs: nowMs - lateMs,
          subject,
          result,
        }),
      )
    }
  }
  return requests
}

describe('a detector that asks its urgent rules only when a counter may be near a limit', () => {
  it.each([
    ['the policy as shipped', DEFAULT_DETECT_POLICY],
    ['limits so low that most accounts are over one', STRICT],
  ])('says what one says that asks them after every look-up: %s', (_, policy) => {
    let verdicts = 0
    fc.assert(
      fc.property(fc.array(RUN, { minLength: 1, maxLength: 40 }), (runs) => {
        const options = { maskAccount: (account: string) => account, registrations: REGISTRATIONS, maxAccounts: 5 }
        const quick = createDetector(policy, options)
        const thorough = createDetector(policy, { ...options, asksAlways: true })
        for (const request of requestsOf(runs)) {
          const said = quick.observe(request)
          verdicts += said.length
          expect(said).toEqual(thorough.observe({ ...request, place: undefined }))
        }
        expect(quick.live()).toEqual(thorough.live())
        expect(quick.top(10)).toEqual(thorough.top(10))
        expect([quick.late, quick.size, quick.evicted]).toEqual([thorough.late, thorough.size, thorough.evicted])
      }),
      { numRuns: 60, seed: 2019 },
    )
    expect(verdicts).toBeGreaterThan(20)
  })
})
