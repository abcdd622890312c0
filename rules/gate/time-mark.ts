/** A clock so far ahead of the newest signed timestamp is told, and does not move the mark. Central signs at least daily. */
export const FAR_AHEAD_MS = 7 * 86_400_000
/** A clock so far behind the mark is told. */
export const FAR_BEHIND_MS = 120_000

/** The latest instant that had come for certain: what a date has switched stays switched when the clock is set back. */
export interface TimeMark {
  /** The instant that dates are held against when the clock says `nowMs`. */
  at(nowMs: number): number
  /** The clock was read: it moves the mark unless it is far ahead of everything signed. */
  raise(nowMs: number): void
  /** A verified document says that this instant has come. */
  prove(signedAtMs: number): void
  /** What is wrong with a clock that says `nowMs`. */
  findFault(nowMs: number): 'CLOCK_BACK' | 'CLOCK_AHEAD' | undefined
  readonly markMs: number
  /** The newest signed timestamp; 0 before the first. */
  readonly signedMs: number
}

/** @param restored what was kept before a restart */
export function createTimeMark(
  restored: { readonly markMs: number; readonly signedMs: number } = { markMs: 0, signedMs: 0 },
): TimeMark {
  let { markMs, signedMs } = restored
  const isAhead = (nowMs: number): boolean => signedMs > 0 && nowMs > signedMs + FAR_AHEAD_MS
  return {
    at: (nowMs) => (nowMs > markMs ? nowMs : markMs),
    raise(nowMs) {
      if (nowMs > markMs && !isAhead(nowMs)) markMs = nowMs
    },
    prove(signedAtMs) {
      if (signedAtMs > signedMs) signedMs = signedAtMs
      if (signedAtMs > markMs) markMs = signedAtMs
    },
    findFault(nowMs) {
      if (nowMs < markMs - FAR_BEHIND_MS) return 'CLOCK_BACK'
      return isAhead(nowMs) ? 'CLOCK_AHEAD' : undefined
    },
    get markMs() {
      return markMs
    },
    get signedMs() {
      return signedMs
    },
  }
}
