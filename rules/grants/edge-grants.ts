import { type Grant, isLive, withUse } from './grant-life.ts'
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

/** The last look-up that this edge let pass under a grant, to the millisecond: what it remembers of it over a restart. */
export interface RememberedUse {
  readonly token: string
  readonly usedAtMs: number
}

/** Some of what a document says, or of what differs from the one before. */
export interface GrantsPiece {
  /** Whoever is in none of its pieces is gone. */
  readonly isWhole: boolean
  readonly isFirst: boolean
  readonly isLast: boolean
  readonly set: readonly Grant[]
  readonly gone: readonly string[]
}

interface HeldGrant {
  grant: Grant
  /** The last use that the document knows. */
  toldAtMs: number
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
  #version = 0
  /** Own uses from before a restart, until a document names their grants. */
  #remembered: Map<string, number> = new Map()
  /** Named by those pieces of a document that have come. */
  #fresh: Set<string> = new Set()

  /** @param firstChange where changes are numbered from: one that grows with each start, as the time in milliseconds, lets a reader go on over a restart */
  constructor(firstChange = 0) {
    this.#change = firstChange
  }

  /** Own uses of before a restart: they count for the grants of the documents to come. Central may not know them yet. */
  remember(uses: readonly RememberedUse[]): void {
    for (const { token, usedAtMs } of uses) this.#remembered.set(token, usedAtMs)
  }

  /**
   * Takes the place of the document before. Its reader makes sure that it is never an older one. Own uses that it should know and does not are told
   * again: central may have forgotten them.
   */
  take(document: GrantsDocument): void {
    this.takeAll(
      document.grants.map((entry) => grantOf(entry, document)),
      Date.parse(document.publishedAt),
    )
  }

  /** The same with the grants of a document that was signed at `publishedMs`. */
  takeAll(grants: readonly Grant[], publishedMs: number): void {
    this.takePiece({ isWhole: true, isFirst: true, isLast: true, set: grants, gone: [] }, publishedMs)
  }

  /** The same where only what differs from the document before is known. */
  takeChanges(set: readonly Grant[], gone: readonly string[], publishedMs: number): void {
    this.takePiece({ isWhole: false, isFirst: true, isLast: true, set, gone }, publishedMs)
  }

  /** The same a piece at a time, so that nobody waits for thousands of grants at once. What a whole document does not name goes with its last piece. */
  takePiece({ isWhole, isFirst, isLast, set, gone }: GrantsPiece, publishedMs: number): void {
    if (isFirst) this.#fresh.clear()
    this.#version += 1
    for (const token of gone) this.#held.delete(token)
    for (const known of set) {
      this.#held.set(known.token, this.#judged(known, publishedMs))
      this.#fresh.add(known.token)
    }
    if (!isLast) return
    if (isWhole) this.#keepFresh()
    else this.#judgeOthers(publishedMs)
    this.#fresh.clear()
  }

  /** What a whole document does not name has ended or was taken back. */
  #keepFresh(): void {
    for (const token of this.#held.keys()) if (!this.#fresh.has(token)) this.#held.delete(token)
    this.#remembered.clear()
  }

  /** Those that are as they were in the document before. */
  #judgeOthers(publishedMs: number): void {
    for (const [token, { grant, toldAtMs }] of this.#held)
      if (grant.usedAtMs > toldAtMs && !this.#fresh.has(token))
        this.#held.set(token, this.#judged({ ...grant, usedAtMs: toldAtMs }, publishedMs))
  }

  /** A grant as a document knows it, and the uses of this edge. */
  #judged(known: Grant, publishedMs: number): HeldGrant {
    const { token, usedAtMs: toldAtMs } = known
    const before = this.#held.get(token)
    const isSame = before?.grant.grantedAtMs === known.grantedAtMs
    const own = Math.max(isSame ? before.grant.usedAtMs : 0, this.#remembered.get(token) ?? 0)
    const grant = withUse(known, own)
    const isUnknown = grant !== known && secondOf(grant.usedAtMs) > secondOf(toldAtMs)
    const isLost = isUnknown && (this.#remembered.has(token) || publishedMs > grant.usedAtMs)
    if (isLost) this.#change += 1
    this.#remembered.delete(token)
    return { grant, toldAtMs, change: isLost ? this.#change : isSame ? before.change : 0 }
  }

  /** Own uses that the newest document does not know: all that would be lost with this edge's memory. */
  unknownUses(): readonly RememberedUse[] {
    const own = [...this.#held.values()].filter(({ grant, toldAtMs }) => secondOf(grant.usedAtMs) > secondOf(toldAtMs))
    const waiting = [...this.#remembered].map(([token, usedAtMs]) => ({ token, usedAtMs }))
    return [...own.map(({ grant: { token, usedAtMs } }) => ({ token, usedAtMs: Math.floor(usedAtMs) })), ...waiting]
  }

  /** Number of the newest change, as `usesSince` gives it. */
  get newestChange(): number {
    return this.#change
  }

  /** Another one wherever something has changed. */
  get version(): number {
    return this.#version
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
    if (held.grant !== grant) this.#version += 1
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
    return { idleEndsMs: held.grant.usedAtMs + held.grant.idleMs, endsMs: held.grant.endsAtMs }
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
