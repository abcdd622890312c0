import type { Clock } from '../../rules/time/clock.ts'

/** It stands still for a tenth of a second then. */
const LEAST_GAP_MS = 600_000

/** What `--expose-gc` puts there. */
export type CollectGarbage = (options: { readonly type: 'major'; readonly flavor: 'last-resort' }) => unknown

/**
 * Gives memory back that reading a long list has left: V8 collects nothing while nothing is asked of it, and an idle agent would hold 20 to 40 MB of garbage for days.
 * Does something at most every ten minutes, and only in a process that was started with `--expose-gc`, as the unit starts it.
 */
export function createMemoryTidy(clock: Clock, collect: CollectGarbage | undefined = globalThis.gc): () => void {
  let lastMs: number | undefined
  return () => {
    const nowMs = clock.nowMs()
    if (collect === undefined || (lastMs !== undefined && Math.abs(nowMs - lastMs) < LEAST_GAP_MS)) return
    lastMs = nowMs
    collect({ type: 'major', flavor: 'last-resort' })
  }
}
