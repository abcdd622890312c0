import type { Flag } from '../../rules/reports/flag.ts'

/** More than this many accounts under suspicion at once are not told apart any more; the oldest go. */
const MAX_FLAGS = 5000

/** The flags that hold now, as `watch` tells them. A new connection begins with all of them, so nothing needs to be kept on disk. */
export interface LiveFlags {
  /** Takes a flag in the place of the account's former one; `release` takes that away. */
  take(flag: Flag): void
  /** A connection begins: what it does not name again up to its end of snapshot is over. */
  beginSnapshot(): void
  endSnapshot(): void
  /** Flags that have not lapsed at `nowMs`, oldest first. */
  live(nowMs: number): readonly Flag[]
}

export function createLiveFlags(): LiveFlags {
  const flags = new Map<string, Flag>()
  let named: Set<string> | undefined
  return {
    take(flag) {
      const key = flag.account
      if (flag.action === 'release') {
        flags.delete(key)
        return
      }
      named?.add(key)
      flags.delete(key)
      flags.set(key, flag)
      const oldest = flags.size > MAX_FLAGS ? flags.keys().next().value : undefined
      if (oldest !== undefined) flags.delete(oldest)
    },
    beginSnapshot() {
      named = new Set()
    },
    endSnapshot() {
      for (const key of flags.keys()) if (named !== undefined && !named.has(key)) flags.delete(key)
      named = undefined
    },
    live(nowMs) {
      for (const [key, { until }] of flags) if (until !== null && Date.parse(until) <= nowMs) flags.delete(key)
      return [...flags.values()]
    },
  }
}
