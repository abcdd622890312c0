import type { Kysely } from 'kysely'
import type { Tables } from '../store/tables.ts'
import { APPROVER_FORM } from './user-forms.ts'

/** What an import of users or approvers brought and that waits. Disabling and cancelling take no second person. */
export async function waitingUsers(
  db: Kysely<Tables>,
  importId: string,
  form: string,
): Promise<{ adds: number; changes: number; cancels: number }> {
  if (form === APPROVER_FORM) {
    const rows = await db
      .selectFrom('user_approver')
      .select('id')
      .where('import_id', '=', importId)
      .where('state', '=', 'waiting')
      .execute()
    return { adds: rows.length, changes: 0, cancels: 0 }
  }
  const rows = await db.selectFrom('portal_user').select(['state', 'wanted']).where('import_id', '=', importId).execute()
  return {
    adds: rows.filter(({ state }) => state === 'waiting').length,
    changes: rows.filter(({ state, wanted }) => state !== 'waiting' && wanted !== null).length,
    cancels: 0,
  }
}
