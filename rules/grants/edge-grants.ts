import { GRANT_IDLE_MS, type Grant, isLive } from './grant-life.ts'
import { useGrant } from './grant-uses.ts'
import { type GrantsDocument, grantOf } from './grants-document.ts'

/** Whether an account may look up histories: it may; its grant has ended; it has none. */
export type GrantStanding = 'live' | 'lapsed' | 'none'

/** A use that central may not know of yet. */
export interface OwnUse {
  readonly token: string
  /** Whole seconds since 1970 (UTC). */
  readonly usedAtS: number
}

interface HeldGrant {
  grant: Grant
  /** Number of the last change that own look-ups made; 0 for none. */
  change: number
}

/**
 * The grants that an edge knows: the newest verified document and the look-ups it let pass itself. The later of both counts, so central may be away: a grant
 * goes on as long as it is used here, and ends by its own hard end. What the newest document no longer names has been taken back.
 */
export class EdgeGrants {
  #held: Map<string, HeldGrant> = new Map()
  #change: number

  /** @param firstChange where changes are numbered from: one that grows with each start, as the time in milliseconds, lets a reader go on over a restart */
  constructor(firstChange = 0) {
    this.#change = firstChange
  }

  /** Takes the place of the document before. Its reader makes sure that it is never an older one. */
  take({ grants }: GrantsDocument): void {
    const held = new Map<string, HeldGrant>()
    for (const entry of grants) {
      const grant = grantOf(entry)
      const before = this.#held.get(grant.token)
      const isSame = before?.grant.grantedAtMs === grant.grantedAtMs
      if (before !== undefined && isSame && before.grant.usedAtMs > grant.usedAtMs) {
        held.set(grant.token, { grant: { ...grant, usedAtMs: before.grant.usedAtMs }, change: before.change })
      } else held.set(grant.token, { grant, change: isSame ? before.change : 0 })
    }
    this.#held = held
  }

  /** How an account stands now. Changes nothing. */
  standing(token: string, nowMs: number): GrantStanding {
    const held = this.#held.get(token)
    if (held === undefined) return 'none'
    return isLive(held.grant, nowMs) ? 'live' : 'lapsed'
  }

  /** The same for a look-up that is made now: where it may be, it renews the grant. */
  use(token: string, nowMs: number): GrantStanding {
    const held = this.#held.get(token)
    if (held === undefined) return 'none'
    const { isAllowed, grant } = useGrant(held.grant, nowMs)
    if (!isAllowed) return 'lapsed'
    // Central is told by the second: more would be a message for every look-up.
    const isNews = secondOf(grant.usedAtMs) > secondOf(held.grant.usedAtMs) || held.change === 0
    held.grant = grant
    if (isNews) {
      this.#change += 1
      held.change = this.#change
    }
    return 'live'
  }

  /** When a grant ends if nothing more is looked up, and at the latest; it may have ended. `undefined` where the account has none. */
  find(token: string): { readonly idleEndsMs: number; readonly endsMs: number } | undefined {
    const held = this.#held.get(token)
    if (held === undefined) return undefined
    return { idleEndsMs: held.grant.usedAtMs + GRANT_IDLE_MS, endsMs: held.grant.endsAtMs }
  }

  /** Own uses that came after change number `since`, and the number to ask from next time. A number that was never given gets all of them. */
  usesSince(since: number): { readonly uses: readonly OwnUse[]; readonly change: number } {
    const from = since > this.#change ? 0 : since
    const uses = [...this.#held]
      .filter(([, { change }]) => change > from)
      .map(([token, { grant }]) => ({ token, usedAtS: secondOf(grant.usedAtMs) }))
    return { uses, change: this.#change }
  }

  /** What is held, lapsed ones too. */
  grants(): readonly Grant[] {
    return [...this.#held.values()].map(({ grant }) => grant)
  }
}

function secondOf(ms: number): number {
  return Math.floor(ms / 1000)
}
