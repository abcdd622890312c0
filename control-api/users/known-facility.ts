import type { Kysely } from 'kysely'
import type { Tables } from '../store/tables.ts'

/** A facility that has registered an address, or has users. */
export interface KnownFacility {
  /** As it stands on its first registration; none where it has only users. */
  readonly name: string | undefined
}

/** `undefined` for a code that nobody here has ever used. */
export async function findKnownFacility(db: Kysely<Tables>, code: string): Promise<KnownFacility | undefined> {
  const row = await db.selectFrom('facility').select('name').where('code', '=', code).executeTakeFirst()
  if (row !== undefined) return { name: row.name }
  const user = await db.selectFrom('portal_user').select('id').where('facility', '=', code).limit(1).executeTakeFirst()
  return user === undefined ? undefined : { name: undefined }
}
