import { provinceName } from '../../rules/provinces/province-names.ts'
import { ControlError } from '../http/control-error.ts'
import type { Actor, Store, StoreTransaction } from '../store/store.ts'
import type { TokenRow } from './access-tables.ts'
import { hashToken } from './hash-token.ts'
import { parsePerson } from './parse-person.ts'

const DAY_MS = 86_400_000
/** Lets secret scanners find a token that went astray. */
const PREFIX = 'ewp_'

export interface NewToken {
  readonly id: string
  /** Shown once; only its hash is kept. */
  readonly token: string
  readonly expiresAtMs: number
}

export interface TokenOrder {
  readonly person: string
  readonly role: TokenRow['role']
  readonly days: number
  /** Code of the province or facility whose role it is; an operator or approver may be for one province alone. */
  readonly scope?: string
}

export interface TokenParts {
  readonly nowMs: number
  readonly randomBytes: (size: number) => Uint8Array
}

/** Makes an access token of a person inside a running transaction. @throws ControlError BAD_FIELDS for a name that is none, and a scope that does not fit the role */
export async function addToken(tx: StoreTransaction, order: TokenOrder, { nowMs, randomBytes }: TokenParts): Promise<NewToken> {
  const id = `token-${Buffer.from(randomBytes(6)).toString('hex')}`
  const token = `${PREFIX}${Buffer.from(randomBytes(32)).toString('base64url')}`
  const expiresAtMs = nowMs + order.days * DAY_MS
  const person = parsePerson(order.person)
  const { role } = order
  const scope = requireScope(role, order.scope, nowMs)
  await tx.db
    .insertInto('token')
    .values({
      id,
      person,
      role,
      scope,
      sha256: hashToken(token),
      created_at_ms: nowMs,
      expires_at_ms: expiresAtMs,
      revoked_at_ms: null,
    })
    .execute()
  await tx.audit({
    action: 'token.add',
    target: id,
    details: { person, role, ...(scope === null ? {} : { scope }), expiresAtMs },
  })
  return { id, token, expiresAtMs }
}

/** The person behind a token. @throws ControlError UNAUTHENTICATED, REVOKED */
export async function personOf(store: Store, token: string, nowMs: number): Promise<Actor> {
  const row = await store.read((db) =>
    db.selectFrom('token').selectAll().where('sha256', '=', hashToken(token)).executeTakeFirst(),
  )
  if (row === undefined) throw new ControlError('UNAUTHENTICATED', 'The access token is not known here.')
  if (row.revoked_at_ms !== null) throw new ControlError('REVOKED', `The access token ${row.id} is revoked.`)
  if (row.expires_at_ms <= nowMs)
    throw new ControlError('UNAUTHENTICATED', `The access token ${row.id} has expired; ask for a new one.`)
  return { person: row.person, role: row.role, ...(row.scope === null ? {} : { scope: row.scope }) }
}

/** What each role takes; a role that is not named takes none. */
const SCOPES: Readonly<Partial<Record<TokenRow['role'], string>>> = {
  operator: 'the two digits of a province of today, or left out for all provinces',
  approver: 'the two digits of a province of today, or left out for all provinces',
  province: 'the two digits of a province of today',
  facility: 'the five digits of a facility',
}

function requireScope(role: TokenRow['role'], scope: string | undefined, nowMs: number): string | null {
  if (fitsRole(role, scope, nowMs)) return scope ?? null
  const wanted = SCOPES[role] ?? 'none'
  throw new ControlError('BAD_FIELDS', `Cannot make a token of the role ${role}: its scope must be ${wanted}.`, {
    errors: [{ path: '/body/scope', message: `must be ${wanted}` }],
  })
}

function fitsRole(role: TokenRow['role'], scope: string | undefined, nowMs: number): boolean {
  if (role === 'facility') return scope !== undefined && /^[0-9]{5}$/.test(scope)
  if (scope === undefined) return role !== 'province'
  return (role === 'operator' || role === 'approver' || role === 'province') && provinceName(scope, nowMs) !== undefined
}

/** All tokens without what could be used, newest first. */
export async function listTokens(store: Store): Promise<Omit<TokenRow, 'sha256'>[]> {
  return store.read((db) =>
    db
      .selectFrom('token')
      .select(['id', 'person', 'role', 'scope', 'created_at_ms', 'expires_at_ms', 'revoked_at_ms'])
      .orderBy('created_at_ms', 'desc')
      .orderBy('id')
      .execute(),
  )
}

/** @throws ControlError NOT_FOUND, CONFLICT where it is revoked already */
export async function revokeToken(store: Store, actor: Actor, id: string, nowMs: number): Promise<void> {
  await store.transact(actor, async (tx) => {
    const row = await tx.db.selectFrom('token').select('revoked_at_ms').where('id', '=', id).executeTakeFirst()
    if (row === undefined) throw new ControlError('NOT_FOUND', `There is no token ${id}.`)
    if (row.revoked_at_ms !== null) throw new ControlError('CONFLICT', `The token ${id} is revoked already.`)
    await tx.db.updateTable('token').set({ revoked_at_ms: nowMs }).where('id', '=', id).execute()
    await tx.audit({ action: 'token.revoke', target: id })
  })
}
