import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DistinctWindows } from '../../../../rules/detect/sketches/distinct-windows.ts'
import { WINDOWS, type WindowName, windowNumber } from '../../../../rules/detect/windows.ts'
import { createSeeded } from '../../../support/seeded.ts'
import { hashOfPerson } from '../../../support/subject-hashes.ts'

const START = Date.parse('2026-03-02T08:00:00+07:00')
const HOUR_MS = 3_600_000
const HOUR = windowNumber('1h')
const DAY = windowNumber('24h')

function see(windows: DistinctWindows, slot: number, person: number, atMs: number): void {
  const { high, low } = hashOfPerson(person)
  windows.add(slot, high, low, atMs)
}

/** The same counts by remembering each person's last sub-bucket. */
class NaiveWindow {
  readonly #lastSeen = new Map<number, number>()
  readonly #name: WindowName
  #head = 0

  constructor(name: WindowName) {
    this.#name = name
  }

  add(person: number, atMs: number): void {
    const bucket = this.#bucketOf(atMs)
    this.#head = Math.max(this.#head, bucket)
    if (bucket <= this.#head - WINDOWS[this.#name].buckets) return
    this.#lastSeen.set(person, Math.max(bucket, this.#lastSeen.get(person) ?? 0))
  }

  read(nowMs = 0): number {
    const oldest = Math.max(this.#head, this.#bucketOf(nowMs)) - WINDOWS[this.#name].buckets
    return [...this.#lastSeen.values()].filter((bucket) => bucket > oldest).length
  }

  #bucketOf(atMs: number): number {
    return Math.floor(atMs / WINDOWS[this.#name].bucketMs)
  }
}

describe('DistinctWindows', () => {
  const look = fc.record({
    slot: fc.nat(2),
    person: fc.nat(60),
    aheadMs: fc.oneof(fc.integer({ min: -1_200_000, max: 60_000 }), fc.nat(2 * HOUR_MS), fc.nat(30 * HOUR_MS)),
  })

  it('counts as many as a memory of all persons does, late ones and pauses included', () => {
    fc.assert(
      fc.property(fc.array(look, { maxLength: 150 }), fc.nat(26), (looks, laterHours) => {
        const names = ['10m', '1h', '24h'] as const
        const windows = new DistinctWindows({ windows: names })
        const naive = [0, 1, 2].map(() => names.map((name) => new NaiveWindow(name)))
        const clocks = [START, START, START]
        for (const { slot, person, aheadMs } of looks) {
          const atMs = (clocks[slot] ?? 0) + aheadMs
          clocks[slot] = Math.max(clocks[slot] ?? 0, atMs)
          see(windows, slot, person, atMs)
          for (const window of naive[slot] ?? []) window.add(person, atMs)
        }
        const laterMs = Math.max(...clocks) + laterHours * HOUR_MS
        for (const [slot, oracles] of naive.entries()) {
          expect(names.map((name) => windows.read(slot, windowNumber(name)))).toEqual(oracles.map((window) => window.read()))
          expect(names.map((name) => windows.readAt(slot, windowNumber(name), laterMs))).toEqual(
            oracles.map((window) => window.read(laterMs)),
          )
        }
      }),
      { numRuns: 150, seed: 4 },
    )
  })

  it('stays within 3 % of it for a busy account, hour after hour, as it grows dense, slides and calms down', () => {
    const windows = new DistinctWindows()
    const naive = { hour: new NaiveWindow('1h'), day: new NaiveWindow('24h') }
    const seeded = createSeeded(7)
    const perHour = [100, 6_000, 5_000, 200, 50, 9_000, 0, 0, 30, 30, ...Array<number>(20).fill(60)]
    let worst = 0
    for (const [hour, lookups] of perHour.entries()) {
      for (let look = 0; look < lookups; look++) {
        const person = seeded.below(40_000)
        const atMs = START + hour * HOUR_MS + (look / lookups) * HOUR_MS
        see(windows, 1, person, atMs)
        naive.hour.add(person, atMs)
        naive.day.add(person, atMs)
      }
      const error = (read: number, truth: number) => Math.abs(read - truth) / Math.max(30, truth)
      worst = Math.max(worst, error(windows.read(1, HOUR), naive.hour.read()), error(windows.read(1, DAY), naive.day.read()))
      worst = Math.max(worst, error(windows.sketchOf(1, DAY).estimate(), naive.day.read()))
    }
    expect(windows.dense).toBeGreaterThan(0)
    expect(worst).toBeLessThan(0.03)
  })

  it('forgets an account that is cleared, dense ones too, and gives its room back', () => {
    const windows = new DistinctWindows({ maxBytes: 400_000 })
    for (let slot = 0; slot < 40; slot++) {
      for (let person = 0; person < 5_000; person++) see(windows, slot, person, START)
      expect(windows.read(slot, DAY)).toBeGreaterThan(4_800)
      windows.clear(slot)
      expect([windows.read(slot, DAY), windows.dense]).toEqual([0, 0])
    }
    expect(windows.refused).toBe(0)
  })

  it('never takes more than it may; then counts too few, never too many, and goes on once windows run empty', () => {
    const maxBytes = 500_000
    const windows = new DistinctWindows({ maxBytes })
    for (let slot = 0; slot < 2_000; slot++) for (let person = 0; person < 60; person++) see(windows, slot, person, START)
    expect(windows.bytes).toBeLessThanOrEqual(maxBytes + 2 * 1024 * 2 * 11)
    expect(windows.refused).toBeGreaterThan(0)
    for (let slot = 0; slot < 2_000; slot += 50) expect(windows.read(slot, DAY)).toBeLessThanOrEqual(61)
    for (let person = 0; person < 60; person++) see(windows, 1_999, person, START + 30 * HOUR_MS)
    expect(windows.read(1_999, DAY)).toBe(60)
  })

  it('begins anew after sixteen late requests in a row: the clock was set back', () => {
    const windows = new DistinctWindows()
    see(windows, 1, 1, START + 100 * 24 * HOUR_MS)
    for (let person = 0; person < 30; person++) see(windows, 1, person, START + person)
    expect(windows.read(1, DAY)).toBe(15)
  })

  it('holds 20,000 accounts of ordinary sizes within 10 MB', () => {
    const windows = new DistinctWindows()
    const seeded = createSeeded(3)
    for (let slot = 0; slot < 20_000; slot++) {
      const persons = 1 + seeded.below(2) * seeded.below(60)
      for (let person = 0; person < persons; person++) see(windows, slot, slot * 100 + person, START + person * 600_000)
    }
    expect(windows.refused).toBe(0)
    expect(windows.bytes).toBeLessThan(10_000_000)
  })
})
