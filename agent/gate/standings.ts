import type { Standing } from '../../rules/gate/gate-state.ts'
import type { Flag } from '../../rules/reports/flag.ts'
import type { BlocksDocument } from '../../rules/verdicts/blocks-document.ts'

/** What detection says of accounts: the flags of this edge, by masked account, and the verdicts over all edges, by token. */
export interface Standings {
  /** A flag of this edge counts from the next request on. */
  takeFlag(flag: Flag): void
  /** Takes the place of the document before. */
  takeBlocks(document: BlocksDocument): void
  /** The stronger of both. */
  find(masked: string, tallyToken: string | undefined, nowMs: number): Standing | undefined
  /** All of both, by the name that they give an account; the same object until something changes. */
  all(): ReadonlyMap<string, Standing>
  readonly flags: number
  readonly verdicts: number
}

export function createStandings(): Standings {
  const flags = new Map<string, Standing>()
  let verdicts: ReadonlyMap<string, Standing> = new Map()
  let all: ReadonlyMap<string, Standing> | undefined
  return {
    takeFlag({ account, action, until }) {
      all = undefined
      if (action !== 'suspend' && action !== 'throttle') flags.delete(account)
      else flags.set(account, { action, untilMs: until === null ? Number.POSITIVE_INFINITY : Date.parse(until) })
    },
    takeBlocks(document) {
      all = undefined
      verdicts = new Map(document.verdicts.map(({ token, action, until }) => [token, { action, untilMs: Date.parse(until) }]))
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
