import type { Standing } from '../../rules/gate/gate-state.ts'
import type { Flag } from '../../rules/reports/flag.ts'
import type { ChangedEntries } from './changed-entries.ts'
import type { TokenStanding } from './handed-over.ts'

/** What detection says of accounts: the flags of this edge, by masked account, and the verdicts over all edges, by token. */
export interface Standings {
  /** A flag of this edge counts from the next request on. */
  takeFlag(flag: Flag): void
  takeVerdicts(changed: ChangedEntries<TokenStanding>): void
  /** Forgets flags that had ended by `certainMs`, a time that has come for certain: whoever should release them may have died. */
  forget(certainMs: number): void
  /** The stronger of both. */
  find(masked: string, tallyToken: string | undefined, nowMs: number): Standing | undefined
  /** All of both, by the name that they give an account; the same object until something changes. */
  all(): ReadonlyMap<string, Standing>
  readonly flags: number
  readonly verdicts: number
}

export function createStandings(): Standings {
  const flags = new Map<string, Standing>()
  const verdicts = new Map<string, Standing>()
  let all: ReadonlyMap<string, Standing> | undefined
  return {
    takeFlag({ account, action, until }) {
      all = undefined
      if (action !== 'suspend' && action !== 'throttle') flags.delete(account)
      else flags.set(account, { action, untilMs: until === null ? Number.POSITIVE_INFINITY : Date.parse(until) })
    },
    takeVerdicts({ isWhole, set, gone }) {
      all = undefined
      if (isWhole) verdicts.clear()
      for (const token of gone) verdicts.delete(token)
      for (const { token, action, untilMs } of set) verdicts.set(token, { action, untilMs })
    },
    forget(certainMs) {
      for (const [account, { untilMs }] of flags) {
        if (untilMs > certainMs) continue
        flags.delete(account)
        all = undefined
      }
    },
    find(masked, tallyToken, nowMs) {
      const own = flags.get(masked)
      const fleet = tallyToken === undefined ? undefined : verdicts.get(tallyToken)
      if (own === undefined || nowMs >= own.untilMs) return fleet
      if (fleet === undefined || nowMs >= fleet.untilMs) return own
      if (own.action !== fleet.action) return own.action === 'suspend' ? own : fleet
      return own.untilMs >= fleet.untilMs ? own : fleet
    },
    all() {
      // Flags name an account by its masked form, verdicts by 16 letters: no name is both.
      all ??= new Map([...flags, ...verdicts])
      return all
    },
    get flags() {
      return flags.size
    },
    get verdicts() {
      return verdicts.size
    },
  }
}
