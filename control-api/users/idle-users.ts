import type { FastifyBaseLogger } from 'fastify'
import type { Clock } from '../../rules/time/clock.ts'
import type { Change } from '../registrations/registration.ts'
import type { Actor, Store } from '../store/store.ts'
import { writeStep } from './change-users.ts'
import { portalDay } from './user-fields.ts'

const TIMER: Actor = { person: 'users', role: 'system' }
/** What orders it. */
const DISPATCH = '1923/BHXH-CNTT'
const DAY_MS = 86_400_000

export interface IdleParts {
  readonly store: Store
  readonly clock: Clock
  readonly log: FastifyBaseLogger
  readonly idleDays: number
  readonly warnDays: number
}

/**
 * Says of accounts that they will be disabled, and disables those that were not used for `idleDays` days. Days are those of Asia/Ho_Chi_Minh; the day of
 * approval counts as a use. @throws StoreError
 */
export async function tendIdle({
  store,
  clock,
  log,
  idleDays,
  warnDays,
}: IdleParts): Promise<{ warned: number; disabled: number }> {
  const atMs = clock.nowMs()
  const today = portalDay(atMs)
  const dayBefore = (days: number): string => portalDay(atMs - days * DAY_MS)
  const idle = (before: string) =>
    store.read((db) =>
      db
        .selectFrom('portal_user')
        .selectAll()
        .where('state', '=', 'active')
        .where('seen_day', '<', before)
        .orderBy('id')
        .execute(),
    )
  const due = await idle(dayBefore(idleDays))
  // Whoever was never warned, because this did not run for days, is warned first: `warnDays` are his.
  const over = due.filter(({ warned_day }) => warned_day !== null && warned_day <= dayBefore(warnDays))
  const soon = (await idle(dayBefore(idleDays - warnDays))).filter(({ warned_day }) => warned_day === null)
  if (over.length + soon.length === 0) return { warned: 0, disabled: 0 }
  await store.transact(TIMER, async (tx) => {
    const change: Change = { ...tx, actor: TIMER, atMs }
    const auditSeq = await tx.audit({
      action: 'users.idle',
      target: 'users',
      dispatch: DISPATCH,
      details: { warned: soon.map(({ id }) => id).slice(0, 1000), disabled: over.map(({ id }) => id).slice(0, 1000) },
    })
    for (const { id } of soon) await tx.db.updateTable('portal_user').set({ warned_day: today }).where('id', '=', id).execute()
    for (const row of over) {
      const reason = `not used for ${idleDays} days`
      const ended = { ended_by: TIMER.person, ended_at_ms: atMs, end_reason: reason }
      await writeStep(
        change,
        row,
        'disable',
        { state: 'disabled', wanted: null, ...ended },
        { dispatch: DISPATCH, reason, auditSeq },
      )
    }
  })
  log.info({ warned: soon.length, disabled: over.length }, 'accounts without use were looked at')
  return { warned: soon.length, disabled: over.length }
}
