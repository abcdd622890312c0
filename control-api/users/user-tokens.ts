import type { Kysely } from 'kysely'
import type { Tables } from '../store/tables.ts'

/** Users on the list whose account is not known under this key: nobody keeps their citizen IDs to make a token of. */
export async function usersWithoutToken(db: Kysely<Tables>, keyId: string): Promise<number> {
  const row = await db
    .selectFrom('portal_user')
    .leftJoin('portal_user_token', (join) =>
      join.onRef('portal_user_token.user_id', '=', 'portal_user.id').on('portal_user_token.key_id', '=', keyId),
    )
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('portal_user.state', 'in', ['waiting', 'active', 'disabled'])
    .where('portal_user_token.token', 'is', null)
    .executeTakeFirst()
  return Number(row?.count ?? 0)
}
