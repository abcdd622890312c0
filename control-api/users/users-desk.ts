import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import type { Clock } from '../../rules/time/clock.ts'
import { rightsOf } from '../../rules/users/user-right.ts'
import type { UserUses } from '../../rules/users/user-uses.ts'
import { formatUsers, type ListedUser } from '../../rules/users/users-document.ts'
import type { Publisher } from '../publication/publisher.ts'
import type { Actor, Store } from '../store/store.ts'
import { createTurns } from '../store/turns.ts'
import { tendIdle } from './idle-users.ts'
import { portalDay } from './user-fields.ts'
import type { UserKeys } from './user-keys.ts'

const DESK: Actor = { person: 'users', role: 'system' }
/** Users read in one piece: others get their turn in between. */
const PIECE = 5000

export interface UsersDeskParts {
  readonly store: Store
  readonly publisher: Pick<Publisher, 'sideVersion' | 'publishSide'>
  readonly keys: () => Promise<UserKeys>
  readonly clock: Clock
  readonly log: FastifyBaseLogger
  /** Days without use after which an account is disabled, and how many days before that it is said. */
  readonly idleDays: number
  readonly warnDays: number
}

/** Signs the list of named users for the edges, hears from them who is used, and disables who is not. */
export interface UsersDesk {
  /** Keys to enter users with. */
  keys(): Promise<UserKeys>
  /** Signs the list where it differs from the one signed last. @throws StoreError, PublicationError */
  work(): Promise<void>
  /** Takes the later day of each use; gives how many were users. @throws StoreError */
  takeUses(uses: UserUses): Promise<number>
  /** Warns and disables for want of use, once a day. @throws StoreError */
  tendIdle(): Promise<{ readonly warned: number; readonly disabled: number }>
}

export function createUsersDesk(parts: UsersDeskParts): UsersDesk {
  const { store, publisher, clock, log } = parts
  const inTurn = createTurns()
  let looked: { readonly seq: number; readonly atMs: number; readonly keys: string } | undefined

  /** Whether anything can have changed since the last look: a step, a first day that has come, a gate key. */
  const findNews = async (nowMs: number, keys: string): Promise<typeof looked> => {
    const [seq, isDue] = await store.read(async (db) => {
      const step = await db
        .selectFrom('portal_user_step')
        .select((eb) => eb.fn.max('audit_seq').as('seq'))
        .executeTakeFirst()
      const begins = await db
        .selectFrom('portal_user')
        .select('id')
        .where('state', '=', 'active')
        .where('effective_from_ms', '>', looked?.atMs ?? 0)
        .where('effective_from_ms', '<=', nowMs)
        .limit(1)
        .executeTakeFirst()
      return [Number(step?.seq ?? 0), begins !== undefined] as const
    })
    const isSame = looked !== undefined && looked.seq === seq && looked.keys === keys && !isDue
    return isSame ? undefined : { seq, atMs: nowMs, keys }
  }

  /** Everybody whom an edge must know: who may, and who is told that he is disabled. */
  const readListed = async (nowMs: number, keyIds: readonly string[]): Promise<ListedUser[]> => {
    const users: ListedUser[] = []
    for (let after = 0; ; ) {
      const rows = await store.read((db) =>
        db
          .selectFrom('portal_user')
          .select(['id', 'facility', 'rights', 'state', 'effective_until_ms'])
          .where('id', '>', after)
          .where('state', 'in', ['active', 'disabled'])
          .where('effective_from_ms', '<=', nowMs)
          .orderBy('id')
          .limit(PIECE)
          .execute(),
      )
      const last = rows.at(-1)?.id
      if (last === undefined) return users
      const tokens = await store.read((db) =>
        db
          .selectFrom('portal_user_token')
          .selectAll()
          .where('user_id', '>', after)
          .where('user_id', '<=', last)
          .where('key_id', 'in', keyIds)
          .execute(),
      )
      const byId = new Map(rows.map((row) => [row.id, row]))
      for (const { token, user_id } of tokens) {
        const row = byId.get(user_id)
        if (row === undefined) continue
        const { facility, rights, state, effective_until_ms: untilMs } = row
        users.push({ token, facility, rights: rightsOf(rights), state: state === 'active' ? 'active' : 'disabled', untilMs })
      }
      after = last
      await setImmediate()
    }
  }

  const signedBefore = () =>
    store.read((db) => db.selectFrom('portal_user_document').selectAll().orderBy('version', 'desc').limit(1).executeTakeFirst())

  const workNow = async (): Promise<void> => {
    const nowMs = clock.nowMs()
    const { keyIds } = await parts.keys()
    const news = await findNews(nowMs, keyIds.join(' '))
    if (news === undefined) return
    const users = await readListed(nowMs, keyIds)
    const sha256 = digestOf(users, keyIds)
    const before = await signedBefore()
    const isSigned = before?.sha256 === sha256 && before.version === publisher.sideVersion('users')
    // Before the first user there is no list, and the gate judges nobody by one.
    if (!isSigned && (users.length > 0 || before !== undefined)) {
      const version = await publisher.publishSide('users', async (next, publishedAtMs) => {
        const bytes = formatUsers({ version: next, publishedAt: new Date(publishedAtMs).toISOString(), keys: keyIds, users })
        await store.transact(DESK, async (tx) => {
          await tx.db.deleteFrom('portal_user_document').execute()
          await tx.db.insertInto('portal_user_document').values({ version: next, sha256 }).execute()
          await tx.audit({
            action: 'users.publish',
            target: `users/${next}`,
            details: { users: users.length, listSha256: sha256 },
          })
        })
        return bytes
      })
      log.info({ version, users: users.length }, 'list of users published')
    }
    looked = news
  }

  return {
    keys: () => parts.keys(),
    work: () => inTurn(workNow),
    takeUses: ({ uses }) => {
      const today = portalDay(clock.nowMs())
      // A clock that runs ahead must not keep anybody alive.
      const told = uses.filter(({ day }) => day <= today)
      return takeUsesNow(store, told)
    },
    tendIdle: () => tendIdle(parts),
  }
}

async function takeUsesNow(store: Store, uses: UserUses['uses']): Promise<number> {
  if (uses.length === 0) return 0
  return store.transact(DESK, async (tx) => {
    let seen = 0
    for (const { token, day } of uses) {
      const { numUpdatedRows } = await tx.db
        .updateTable('portal_user')
        .set((eb) => ({
          used_day: day,
          // The approval may be of a later day than a use that is told late.
          warned_day: eb.case().when('seen_day', '<', day).then(null).else(eb.ref('warned_day')).end(),
          seen_day: eb.fn<string>('max', ['seen_day', eb.val(day)]),
        }))
        .where('approved_at_ms', 'is not', null)
        .where((eb) => eb.or([eb('used_day', 'is', null), eb('used_day', '<', day)]))
        .where('id', 'in', (eb) => eb.selectFrom('portal_user_token').select('user_id').where('token', '=', token))
        .executeTakeFirst()
      seen += Number(numUpdatedRows)
    }
    // One entry for all of them: which days a person works is nobody's business.
    await tx.audit({ action: 'users.seen', target: 'users', details: { told: uses.length, seen } })
    return seen
  })
}

function digestOf(users: readonly ListedUser[], keyIds: readonly string[]): string {
  const lines = users.map(
    ({ token, facility, rights, state, untilMs }) => `${token} ${facility} ${rights.join()} ${state} ${untilMs}`,
  )
  return createHash('sha256').update(keyIds.join(' ')).update(lines.sort().join('\n')).digest('hex')
}
