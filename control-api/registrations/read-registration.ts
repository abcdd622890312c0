import type { Kysely } from 'kysely'
import type { Static } from 'typebox'
import { ControlError } from '../http/control-error.ts'
import type { Tables } from '../store/tables.ts'
import { findHoldings } from './find-holdings.ts'
import { historyOf, overlapOf, type RegistrationDetail, viewOf } from './registration-schemas.ts'

/** One registration, all its steps, and who else holds its block. @throws ControlError NOT_FOUND */
export async function readRegistration(db: Kysely<Tables>, id: number, atMs: number): Promise<Static<typeof RegistrationDetail>> {
  const row = await db.selectFrom('registration').selectAll().where('id', '=', id).executeTakeFirst()
  if (row === undefined) throw new ControlError('NOT_FOUND', `There is no registration ${id}.`)
  const steps = await db
    .selectFrom('registration_step')
    .selectAll()
    .where('registration_id', '=', id)
    .orderBy('version')
    .execute()
  const others = (await findHoldings(db, [row.block], atMs)).filter((holding) => holding.id !== id)
  return { ...viewOf(row), history: steps.map(historyOf), overlaps: others.map(overlapOf) }
}
