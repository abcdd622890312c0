import { type Kysely, sql } from 'kysely'
import { insertRows } from '../store/insert-rows.ts'
import type { Tables } from '../store/tables.ts'
import type { UserKeys } from './user-keys.ts'
import type { UserRow } from './user-tables.ts'

/** Persons in one question: others get their turn in between. */
const CHUNK = 500
/** In words of SQL: with parameters SQLite does not see that the index of who is listed answers it, and reads all users. */
const IS_LISTED = sql<boolean>`state in ('waiting', 'active', 'disabled')`

/** The user as he stands on the list; `undefined` for a person who is not on it. */
export function findListed(db: Kysely<Tables>, facility: string, personToken: string): Promise<UserRow | undefined> {
  return db
    .selectFrom('portal_user')
    .selectAll()
    .where('facility', '=', facility)
    .where('person_token', '=', personToken)
    .where(IS_LISTED)
    .executeTakeFirst()
}

/** Who of these persons is on the list of the facility, by person token. */
export async function findAllListed(
  db: Kysely<Tables>,
  facility: string,
  personTokens: readonly string[],
): Promise<Map<string, UserRow>> {
  const found = new Map<string, UserRow>()
  for (let at = 0; at < personTokens.length; at += CHUNK) {
    const rows = await db
      .selectFrom('portal_user')
      .selectAll()
      .where('facility', '=', facility)
      .where('person_token', 'in', personTokens.slice(at, at + CHUNK))
      .where(IS_LISTED)
      .execute()
    for (const row of rows) found.set(row.person_token, row)
  }
  return found
}

/** A user and what his account is called under every gate key. */
export interface UserTokens {
  readonly userId: number
  readonly tokens: ReturnType<UserKeys['tokensOf']>
}

/** Keeps the accounts' tokens under every gate key there is now. */
export async function keepTokens(db: Kysely<Tables>, users: readonly UserTokens[]): Promise<void> {
  const rows = users.flatMap(({ userId, tokens }) =>
    tokens.map(({ keyId, token }) => ({ key_id: keyId, token, user_id: userId })),
  )
  // A list that is sent again mostly says what is known.
  await insertRows(
    db,
    'portal_user_token',
    rows,
    'on conflict (key_id, token) do update set user_id = excluded.user_id where portal_user_token.user_id != excluded.user_id',
  )
}
