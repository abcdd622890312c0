import { MINUTE_MS } from '../tallies/tally.ts'

/** An edge that says nothing for longer is away: it sends every minute in which anybody asks, and holds what it could not send for six. */
const SILENT_MS = 15 * MINUTE_MS
/** An edge of which nothing came for so long is no edge any more. */
const GONE_MS = 24 * 60 * MINUTE_MS
const HOUR_MS = 60 * MINUTE_MS
/** Hours of which it is kept whether all edges were heard. */
const KEPT_HOURS = 48

/** Which hours all edges were heard in. An hour that was not listened to from its first minute on is not whole. */
export class EdgesHeard {
  readonly #lastMs = new Map<string, number>()
  /** Hours since 1970 in which an edge was silent. */
  readonly #broken = new Set<number>()
  #sinceMs = Number.POSITIVE_INFINITY
  #lookedMs = Number.NEGATIVE_INFINITY

  hear(edge: string, nowMs: number): void {
    this.#note(edge, nowMs)
    this.#lastMs.set(edge, nowMs)
    this.#sinceMs = Math.min(this.#sinceMs, nowMs)
  }

  /** To be called every minute or so: a look that did not come leaves a hole. `hasLost`: something that came since found no room. */
  look(nowMs: number, hasLost: boolean): void {
    const isHole = this.#lookedMs > Number.NEGATIVE_INFINITY && nowMs - this.#lookedMs > SILENT_MS
    if (isHole || hasLost) this.#break(Math.max(this.#lookedMs, nowMs - KEPT_HOURS * HOUR_MS), nowMs)
    this.#lookedMs = nowMs
    for (const [edge, lastMs] of this.#lastMs) {
      this.#note(edge, nowMs)
      if (nowMs - lastMs > GONE_MS) this.#lastMs.delete(edge)
    }
    const oldest = Math.floor(nowMs / HOUR_MS) - KEPT_HOURS
    for (const hour of this.#broken) if (hour < oldest) this.#broken.delete(hour)
  }

  wereAllHeard(hourMs: number): boolean {
    return this.#sinceMs <= hourMs && !this.#broken.has(Math.floor(hourMs / HOUR_MS))
  }

  #note(edge: string, nowMs: number): void {
    const lastMs = this.#lastMs.get(edge)
    if (lastMs !== undefined && nowMs - lastMs > SILENT_MS) this.#break(lastMs, nowMs)
  }

  #break(fromMs: number, toMs: number): void {
    const oldest = Math.floor(toMs / HOUR_MS) - KEPT_HOURS
    for (let hour = Math.max(oldest, Math.floor(fromMs / HOUR_MS)); hour <= Math.floor(toMs / HOUR_MS); hour++)
      this.#broken.add(hour)
  }
}
