import type { FastifyBaseLogger } from 'fastify'
import { type Grant, grantEndMs, isLive } from '../../rules/grants/grant-life.ts'
import { type GrantUses, judgeUse, type UseFate } from '../../rules/grants/grant-uses.ts'
import { formatGrants, grantOf, grantsDocument, MAX_GRANTS, parseGrants } from '../../rules/grants/grants-document.ts'
import type { Clock } from '../../rules/time/clock.ts'
import { ControlError } from '../http/control-error.ts'
import type { Sealer } from '../sms/sealer.ts'
import type { Actor, Store } from '../store/store.ts'
import { createTurns } from '../store/turns.ts'
import { type GrantRow, heldGrants } from './grant-rows.ts'

const DESK: Actor = { person: 'otp', role: 'system' }
/** Edges fetch what is signed; more often than this it would only keep them busy. */
const MIN_SIGN_MS = 2000
/** The last look-ups are written down so often; in between they are in memory and in the signed document, from which a start takes them over. */
const WRITE_MS = 60_000
/** Clocks nearer than this count as one: a message takes its time, and instants are told by the second. */
const SAME_CLOCK_MS = 2000

/** What signs documents beside the lists, as the publisher does it. */
export interface GrantPublisher {
  sideVersion(kind: 'grants'): number
  /** What is signed now; `undefined` before the first. */
  readSide(kind: 'grants'): Promise<Uint8Array | undefined>
  publishSide(kind: 'grants', make: (version: number, publishedAtMs: number) => Uint8Array): Promise<number>
}

export interface GrantFigures {
  readonly held: number
  readonly live: number
  /** Version of the signed document, 0 before the first. */
  readonly version: number
  readonly signedAtMs: number | undefined
  /** What became of uses that edges told since the start. */
  readonly uses: ReadonlyMap<UseFate | 'unknown', number>
}

/** Has signed who may look up histories, and hears from edges what was looked up. */
export interface GrantDesk {
  /** Takes the later of each use. @throws ControlError CLOCKS_DIFFER */
  takeUses(uses: GrantUses): { readonly renewed: number; readonly refused: number }
  /** Signs what changed, at most every two seconds. @throws StoreError, PublicationError */
  work(): Promise<void>
  /** Writes down the last look-ups. @throws StoreError */
  flush(): Promise<void>
  /** What is held now, with the last look-up of each. */
  list(): Promise<readonly (GrantRow & { readonly isLive: boolean })[]>
  figures(): GrantFigures
}

/** A grant as edges know it. Several officers of a facility may share its account, and then their grants that run at the same time count as one. */
interface KnownGrant {
  readonly ids: readonly string[]
  readonly grant: Grant
}

export type TokensOf = (account: string) => readonly string[]

export interface GrantDeskParts {
  readonly store: Store
  readonly publisher: GrantPublisher
  readonly sealer: Sealer
  /** What makes tokens of an account, one under every gate key that an edge may hold; the same function as long as the keys are the same. */
  readonly readTokens: () => Promise<TokensOf>
  readonly clock: Clock
  readonly log: FastifyBaseLogger
  /** Clocks of edges may differ by so much. */
  readonly clockSkewS: number
  /** What policy says now of all grants: when they lapse without a look-up, and when they end whatever is looked up. */
  readonly idleMinutes: number
  readonly grantHours: number
}

export function createGrantDesk(parts: GrantDeskParts): GrantDesk {
  const { store, publisher, clock, log } = parts
  const inTurn = createTurns()
  /** By id: the last look-up that is known, where it is later than what is written down. */
  const usedAtMs = new Map<string, number>()
  /** As last read: by token. */
  let known = new Map<string, KnownGrant>()
  /** Tokens of grants by id, so that accounts are opened once. */
  let tokens = new Map<string, readonly string[]>()
  let tokensBy: TokensOf | undefined
  const uses = new Map<UseFate | 'unknown', number>()
  /** What the document that was signed before this start said of last look-ups, by token, until it was taken over. */
  let signedBefore: ReadonlyMap<string, Grant> | undefined
  let isRecalled = false
  let published: string | undefined
  let signedAtMs: number | undefined
  let writtenAtMs = clock.nowMs()

  const idleMs = parts.idleMinutes * 60_000
  const lastUseMs = (row: GrantRow): number => Math.max(row.used_at_ms, usedAtMs.get(row.id) ?? 0)
  const endMs = (row: GrantRow): number => Math.min(row.ends_at_ms, row.granted_at_ms + parts.grantHours * 3_600_000)
  const lifeOf = (row: GrantRow, token = ''): Grant => ({
    token,
    grantedAtMs: row.granted_at_ms,
    usedAtMs: lastUseMs(row),
    endsAtMs: endMs(row),
    idleMs,
  })

  const readHeld = async (): Promise<GrantRow[]> => {
    const nowMs = clock.nowMs()
    // A shorter end than the one it was given with: nothing past it is signed.
    const rows = (await store.read((db) => heldGrants(db, nowMs)))
      .filter((row) => Math.max(nowMs, lastUseMs(row)) < endMs(row))
      .map((row) => ({ ...row, used_at_ms: lastUseMs(row), ends_at_ms: endMs(row) }))
    const ids = new Set(rows.map(({ id }) => id))
    for (const id of usedAtMs.keys()) if (!ids.has(id)) usedAtMs.delete(id)
    // The newest ones where there is no room for all.
    return rows.slice(-MAX_GRANTS)
  }

  const grantsOf = async (rows: readonly GrantRow[]): Promise<Grant[]> => {
    const next = new Map<string, KnownGrant>()
    const tokensOf = await parts.readTokens()
    const remembered = tokensOf === tokensBy ? tokens : new Map<string, readonly string[]>()
    const made = rows.map(
      (row) => [row, remembered.get(row.id) ?? tokensOf(parts.sealer.open(row.account, 'otp.account'))] as const,
    )
    for (const [row, each] of made) recallUse(row, each)
    tokens = new Map(made.map(([{ id }, each]) => [id, each]))
    tokensBy = tokensOf
    for (const [row, each] of made) {
      for (const token of each) {
        // Read at the last moment: uses come in between.
        const [other, own] = [next.get(token), { ids: [row.id], grant: lifeOf(row, token) }]
        next.set(token, other === undefined ? own : together(other, own))
      }
    }
    known = next
    return [...next.values()].map(({ grant }) => grant).slice(-MAX_GRANTS)
  }

  /** A crash forgets what was told since it was last written down, and edges tell it once; but it was signed within two seconds. */
  const recall = async (): Promise<void> => {
    if (isRecalled) return
    isRecalled = true
    try {
      const bytes = await publisher.readSide('grants')
      const document = bytes === undefined ? undefined : parseGrants(bytes)
      signedBefore = new Map(document?.grants.map((entry) => [entry.token, grantOf(entry, document)]))
    } catch (error) {
      log.warn({ err: error }, 'the grants signed before cannot be read; look-ups of the last minute may be missing')
    }
  }

  const recallUse = (row: GrantRow, each: readonly string[]): void => {
    for (const token of each) {
      const before = signedBefore?.get(token)
      if (before === undefined || before.grantedAtMs !== row.granted_at_ms || before.usedAtMs <= row.used_at_ms) continue
      usedAtMs.set(row.id, Math.max(usedAtMs.get(row.id) ?? 0, before.usedAtMs))
    }
  }

  const workOnce = async (): Promise<void> => {
    await recall()
    const grants = await grantsOf(await readHeld())
    signedBefore = undefined
    const nowMs = clock.nowMs()
    const text = JSON.stringify(grants)
    const isFirst = published === undefined && grants.length === 0 && publisher.sideVersion('grants') === 0
    // A clock that was set back must not keep it from signing.
    const isTooSoon = signedAtMs !== undefined && Math.abs(nowMs - signedAtMs) < MIN_SIGN_MS
    if (text !== published && !isFirst && !isTooSoon) {
      const version = await publisher.publishSide('grants', (next, atMs) =>
        formatGrants(grantsDocument(next, atMs, grants, idleMs)),
      )
      published = text
      signedAtMs = nowMs
      log.info({ version, grants: grants.length }, 'grants published')
    }
    if (Math.abs(nowMs - writtenAtMs) >= WRITE_MS) await write()
  }

  const write = async (): Promise<void> => {
    writtenAtMs = clock.nowMs()
    const changed = [...usedAtMs]
    if (changed.length === 0) return
    await store.transact(DESK, async (tx) => {
      for (const [id, ms] of changed)
        await tx.db.updateTable('otp_grant').set({ used_at_ms: ms }).where('id', '=', id).where('used_at_ms', '<', ms).execute()
      await tx.audit({ action: 'grant.uses', target: 'otp_grant', details: { grants: changed.length } })
    })
    for (const [id, ms] of changed) if (usedAtMs.get(id) === ms) usedAtMs.delete(id)
  }

  return {
    takeUses({ sentAt, uses: told }) {
      const nowMs = clock.nowMs()
      const differsMs = nowMs - sentAt * 1000
      if (Math.abs(differsMs) > parts.clockSkewS * 1000 + SAME_CLOCK_MS)
        throw new ControlError(
          'CLOCKS_DIFFER',
          `The clocks differ by ${Math.round(Math.abs(differsMs) / 1000)} s; set both by NTP.`,
        )
      const offsetMs = Math.abs(differsMs) < SAME_CLOCK_MS ? 0 : differsMs
      let renewed = 0
      let refused = 0
      for (const { token, usedAt } of told) {
        const held = known.get(token)
        const judged = held === undefined ? undefined : judgeUse(held.grant, usedAt * 1000, { nowMs, offsetMs })
        const fate = judged?.fate ?? 'unknown'
        uses.set(fate, (uses.get(fate) ?? 0) + 1)
        if (held !== undefined && judged !== undefined && fate === 'renewed') {
          renewed += 1
          for (const id of held.ids) usedAtMs.set(id, Math.max(usedAtMs.get(id) ?? 0, judged.grant.usedAtMs))
          known.set(token, { ids: held.ids, grant: judged.grant })
        } else if (fate === 'future') refused += 1
      }
      if (refused > 0) log.warn({ refused }, 'an edge told look-ups of the future: its clock runs ahead')
      return { renewed, refused }
    },
    work: () => inTurn(workOnce),
    flush: () => inTurn(write),
    async list() {
      const nowMs = clock.nowMs()
      return (await readHeld()).map((row) => ({ ...row, isLive: isLive(lifeOf(row), nowMs) }))
    },
    figures() {
      const nowMs = clock.nowMs()
      const grants = new Map([...known.values()].map(({ ids, grant }) => [ids.join(), grant]))
      const live = [...grants.values()].filter((grant) => isLive(grant, nowMs)).length
      return { held: grants.size, live, version: publisher.sideVersion('grants'), signedAtMs, uses }
    },
  }
}

/** What several grants of one account are: live while one of them is. One that had lapsed before the other was given is renewed by no look-up under that. */
function together(one: KnownGrant, other: KnownGrant): KnownGrant {
  const [older, newer] = one.grant.grantedAtMs <= other.grant.grantedAtMs ? [one, other] : [other, one]
  if (grantEndMs(older.grant) <= newer.grant.grantedAtMs) return newer
  const grant = {
    ...newer.grant,
    usedAtMs: Math.max(older.grant.usedAtMs, newer.grant.usedAtMs),
    endsAtMs: Math.max(older.grant.endsAtMs, newer.grant.endsAtMs),
  }
  return { ids: [...older.ids, ...newer.ids], grant }
}
