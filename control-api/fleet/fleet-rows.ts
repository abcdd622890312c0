import type { Kysely } from 'kysely'
import { hideIdentifiers } from '../../rules/requests/hide-identifiers.ts'
import { ControlError } from '../http/control-error.ts'
import type { Actor, Store } from '../store/store.ts'
import type { Tables } from '../store/tables.ts'
import type { FleetVerdictRow } from './fleet-tables.ts'

/** What holds now, oldest first. */
export function heldVerdicts(db: Kysely<Tables>): Promise<FleetVerdictRow[]> {
  return db.selectFrom('fleet_verdict').selectAll().where('state', '=', 'held').orderBy('at_ms').orderBy('id').execute()
}

/** The last ones, whatever became of them, newest first. */
export function lastVerdicts(db: Kysely<Tables>, limit: number): Promise<FleetVerdictRow[]> {
  return db.selectFrom('fleet_verdict').selectAll().orderBy('at_ms', 'desc').orderBy('id').limit(limit).execute()
}

/** Accounts for which a person said that nothing is to follow for now, and when. */
export async function quietTokens(db: Kysely<Tables>, nowMs: number): Promise<ReadonlyMap<string, number>> {
  const rows = await db
    .selectFrom('fleet_verdict')
    .select(['token', 'ended_at_ms'])
    .where('quiet_until_ms', '>', nowMs)
    .orderBy('ended_at_ms')
    .execute()
  return new Map(rows.map(({ token, ended_at_ms }) => [token, ended_at_ms ?? 0]))
}

export interface ReleaseOrder {
  readonly id: string
  readonly reason: string
  /** Hours in which nothing but `absolute` follows for the account. */
  readonly quietHours: number
}

/**
 * Takes a verdict back. A running service signs what is left within seconds.
 * @throws ControlError NOT_FOUND, CONFLICT where it does not hold any more
 */
export async function releaseVerdict(store: Store, actor: Actor, order: ReleaseOrder, nowMs: number): Promise<void> {
  const reason = hideIdentifiers(order.reason)
  await store.transact(actor, async (tx) => {
    const row = await tx.db.selectFrom('fleet_verdict').selectAll().where('id', '=', order.id).executeTakeFirst()
    if (row === undefined) throw new ControlError('NOT_FOUND', `There is no verdict ${JSON.stringify(order.id.slice(0, 64))}.`)
    if (row.state !== 'held')
      throw new ControlError('CONFLICT', `The verdict ${row.id} does not hold any more: it was ${row.state} already.`)
    const quietUntilMs = nowMs + order.quietHours * 3_600_000
    await tx.db
      .updateTable('fleet_verdict')
      .set({ state: 'released', ended_at_ms: nowMs, person: actor.person, reason, quiet_until_ms: quietUntilMs })
      .where('id', '=', row.id)
      .execute()
    await tx.audit({
      action: 'fleet.release',
      target: row.id,
      details: { reason, token: row.token, facility: row.facility, rule: row.rule, action: row.action, quietUntilMs },
    })
  })
}
