import type { Kysely } from 'kysely'
import type { Static } from 'typebox'
import { isWithin, requireWithin } from '../access/within-province.ts'
import { ControlError } from '../http/control-error.ts'
import type { Actor } from '../store/store.ts'
import type { Tables } from '../store/tables.ts'
import { findHoldings } from './find-holdings.ts'
import { historyOf, overlapOf, type RegistrationDetail, viewOf } from './registration-schemas.ts'

/** One registration, all its steps, and who else holds its block, as far as that is the actor's to know. @throws ControlError NOT_FOUND, OTHER_PROVINCE */
export async function readRegistration(
  db: Kysely<Tables>,
  actor: Actor,
  id: number,
  atMs: number,
): Promise<Static<typeof RegistrationDetail>> {
  const row = await db.selectFrom('registration').selectAll().where('id', '=', id).executeTakeFirst()
  if (row === undefined) throw new ControlError('NOT_FOUND', `There is no registration ${id}.`)
  requireWithin(actor, row.province, '/params/id')
  const steps = await db
    .selectFrom('registration_step')
    .selectAll()
    .where('registration_id', '=', id)
    .orderBy('version')
    .execute()
  const others = (await findHoldings(db, [row.block], atMs)).filter(
    (holding) => holding.id !== id && isWithin(actor, holding.province),
  )
  return { ...viewOf(row), history: steps.map(historyOf), overlaps: others.map(overlapOf) }
}
