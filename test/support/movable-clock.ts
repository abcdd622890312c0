import type { Clock } from '../../rules/time/clock.ts'

export interface MovableClock extends Clock {
  moveTo(nowMs: number): void
  moveBy(ms: number): void
}

/** A clock that stands still until it is moved. */
export function createMovableClock(startMs: number): MovableClock {
  let nowMs = startMs
  return {
    nowMs: () => nowMs,
    moveTo(toMs) {
      nowMs = toMs
    },
    moveBy(ms) {
      nowMs += ms
    },
  }
}
