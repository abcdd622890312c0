import { describe, expect, it } from 'vitest'
import { createDetector } from '../../../../rules/detect/create-detector.ts'
import { DEFAULT_DETECT_POLICY } from '../../../../rules/detect/detect-policy.ts'
import type { Detector, Verdict } from '../../../../rules/detect/detector.ts'
import type { AttributedRequest } from '../../../../rules/requests/attributed-request.ts'
import { createMasker } from '../../../../rules/requests/mask-account.ts'
import { codeOf } from '../../../support/code-of.ts'
import { makeFacilities, registrationsOf } from '../../../support/scenarios/facilities.ts'
import { ordinaryDay } from '../../../support/scenarios/ordinary-day.ts'
import { harvest } from '../../../support/scenarios/patterns.ts'
import { aRequest, dayStartMs, mergeByTime } from '../../../support/scenarios/request.ts'

const MONDAY = dayStartMs('2026-03-02')
const EIGHT = MONDAY + 8 * 3_600_000
const FACILITIES = makeFacilities(3, 60, 1)
const THIEF = { code: '79999', account: '79999_BV', dailyVisits: 40, ip: '14.225.9.9' }

function aDetector(maxAccounts = 500): Detector {
  const registrations = registrationsOf([...FACILITIES, THIEF])
  return createDetector(DEFAULT_DETECT_POLICY, {
    maskAccount: createMasker(new Uint8Array(32).fill(7)),
    registrations,
    maxAccounts,
  })
}

function verdictsOf(detector: Detector, requests: Iterable<AttributedRequest>): Verdict[] {
  return [...requests].flatMap((request) => [...detector.observe(request)])
}

function bytesOf(detector: Detector): Buffer {
  return Buffer.concat([...detector.snapshot()])
}

function restored(bytes: Uint8Array, maxAccounts?: number): Detector {
  const detector = aDetector(maxAccounts)
  detector.restore(bytes)
  return detector
}

describe('the state of a detector', () => {
  it.each([[true], [false]])('goes on after a restart as if there had been none (persons told: %s)', (withSubjects) => {
    const requests = [
      ...mergeByTime(
        ordinaryDay({ seed: 4, facilities: FACILITIES, startMs: MONDAY, withSubjects }),
        harvest({ facility: THIEF, startMs: EIGHT, withSubjects, lookups: 2_000 }),
      ),
    ]
    for (const cut of [1, 5_000, requests.findIndex(({ atMs }) => atMs >= EIGHT + 20_000)]) {
      const straight = aDetector()
      verdictsOf(straight, requests.slice(0, cut))
      const again = restored(bytesOf(straight))
      expect(again.live()).toEqual(straight.live())
      expect(bytesOf(again).equals(bytesOf(straight))).toBe(true)
      expect(verdictsOf(again, requests.slice(cut, cut + 30_000))).toEqual(
        verdictsOf(straight, requests.slice(cut, cut + 30_000)),
      )
      expect(again.top(50)).toEqual(straight.top(50))
      expect([again.size, again.late, again.evicted, again.nowMs]).toEqual([
        straight.size,
        straight.late,
        straight.evicted,
        straight.nowMs,
      ])
    }
  })

  it('knows a named user again, and holds no citizen ID', () => {
    const digits = '0'.concat('79123456789')
    const named = { account: `01234_${digits}`, facility: '01234' }
    const straight = aDetector()
    verdictsOf(
      straight,
      [1, 2, 3].map((second) => aRequest({ ...named, atMs: EIGHT + second * 1000 })),
    )
    const bytes = bytesOf(straight)
    expect(bytes.includes(digits)).toBe(false)
    const twice = restored(bytesOf(restored(bytes)))
    verdictsOf(twice, [aRequest({ ...named, atMs: EIGHT + 4_000 })])
    expect(twice.size).toBe(1)
    expect(twice.top(1)).toMatchObject([{ lookups1h: 4 }])
  })

  it('is refused when a single bit is wrong or the end is missing', () => {
    const straight = aDetector()
    verdictsOf(straight, harvest({ facility: THIEF, startMs: EIGHT, withSubjects: true, lookups: 400 }))
    const bytes = bytesOf(straight)
    for (let at = 0; at < bytes.length; at += 997) {
      const wrong = Buffer.from(bytes)
      wrong.writeUInt8(wrong.readUInt8(at) ^ 0x10, at)
      expect(codeOf(() => restored(wrong))).toMatch(/^STATE_(TORN|VERSION)$/)
      expect(codeOf(() => restored(bytes.subarray(0, at)))).toBe('STATE_TORN')
    }
  })

  it('is refused when there is no room for its accounts', () => {
    const straight = aDetector()
    for (const account of ['00001_BV', '00002_BV', '00003_BV'])
      straight.observe(aRequest({ account, facility: account.slice(0, 5) }))
    expect(codeOf(() => restored(bytesOf(straight), 2))).toBe('STATE_VERSION')
    expect(restored(bytesOf(straight), 3).size).toBe(3)
  })

  it('keeps what an account learned of itself', () => {
    const facility = { ...THIEF, dailyVisits: 3_000 }
    const day = (number: number) =>
      ordinaryDay({ seed: number, facilities: [facility], startMs: MONDAY + number * 86_400_000, withSubjects: true })
    const straight = aDetector()
    for (const number of [0, 1]) verdictsOf(straight, day(number))
    const again = restored(bytesOf(straight))
    for (const detector of [straight, again]) for (const number of [2, 3]) verdictsOf(detector, day(number))
    expect(bytesOf(again).equals(bytesOf(straight))).toBe(true)
  })
})
