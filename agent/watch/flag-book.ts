import type { Verdict } from '../../rules/detect/detector.ts'
import { releaseEvidence } from '../../rules/detect/evidence.ts'
import type { Flag } from '../../rules/reports/flag.ts'

/** A flag is told again when its end has moved by so much, or its sources have changed. */
const RENEW_MS = 60_000

/** The flags that hold now. Whoever listens hears each change; whoever comes later begins with `live`. */
export interface FlagSource {
  /** Oldest first. */
  live(): readonly Flag[]
  /** Calls `onFlag` for each change from now on, until disposed. */
  listen(onFlag: (flag: Flag) => void): Disposable
  /** How many listen now. */
  readonly listeners: number
}

/** The flags of one detector, one an account: what comes later replaces it. */
export interface FlagBook extends FlagSource {
  /** Takes what the detector decided. */
  take(verdicts: readonly Verdict[]): void
  /** Takes the actions that are on, with the ends they have by now. */
  renew(live: readonly Verdict[]): void
  /** Ends flags whose time has come and that the detector knows nothing of: those from before a restart. */
  expire(nowMs: number): void
  /** Goes up with each change. */
  readonly version: number
}

/** @param restored flags from before a restart */
export function createFlagBook(restored: readonly Flag[], holdMs: number): FlagBook {
  const flags = new Map(restored.map((flag) => [flag.account, flag]))
  const listeners = new Set<(flag: Flag) => void>()
  let version = 0

  function tell(flag: Flag): void {
    version++
    if (flag.action === 'release') flags.delete(flag.account)
    else flags.set(flag.account, flag)
    for (const onFlag of listeners) onFlag(flag)
  }

  return {
    take(verdicts) {
      for (const verdict of verdicts) tell(flagOf(verdict))
    },
    renew(live) {
      for (const verdict of live) {
        const fresh = flagOf(verdict)
        const held = flags.get(fresh.account)
        if (held === undefined || isNews(fresh, held)) tell(fresh)
      }
    },
    expire(nowMs) {
      for (const flag of Array.from(flags.values())) {
        if (flag.until === null || Date.parse(flag.until) > nowMs) continue
        const evidence = releaseEvidence(Date.parse(flag.until), holdMs)
        tell({ ...flag, at: flag.until, action: 'release', requests: 0, subjects: 0, evidence, until: null })
      }
    },
    live: () => [...flags.values()],
    listen(onFlag) {
      listeners.add(onFlag)
      return {
        [Symbol.dispose]: () => {
          listeners.delete(onFlag)
        },
      }
    },
    get listeners() {
      return listeners.size
    },
    get version() {
      return version
    },
  }
}

function flagOf(verdict: Verdict): Flag {
  const { atMs, account, facility, rule, action, requests, subjects, sources, evidence, untilMs } = verdict
  return {
    kind: 'flag',
    at: new Date(atMs).toISOString(),
    account,
    facility: facility ?? null,
    rule,
    action,
    requests,
    subjects,
    sources: [...sources],
    evidence,
    until: untilMs === undefined ? null : new Date(untilMs).toISOString(),
  }
}

function isNews(fresh: Flag, held: Flag): boolean {
  const movedMs = Date.parse(fresh.until ?? '') - Date.parse(held.until ?? '')
  return (
    movedMs >= RENEW_MS ||
    fresh.action !== held.action ||
    fresh.rule !== held.rule ||
    fresh.sources.join() !== held.sources.join()
  )
}
