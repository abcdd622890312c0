import type { Kysely } from 'kysely'
import type { Tables } from '../store/tables.ts'
import type { UserRow, UserState } from './user-tables.ts'

export interface UserFilter {
  readonly facility?: string | undefined
  readonly province?: string | undefined
  /** Codes of the province that the asker is for; all if left out. */
  readonly within?: readonly string[] | undefined
  readonly state?: UserState | undefined
  readonly importId?: string | undefined
  readonly waiting?: boolean | undefined
  readonly disabledSoon?: boolean | undefined
  readonly after?: number | undefined
  readonly limit: number
}

/** Users in the order they were entered. */
export function listUsers(db: Kysely<Tables>, filter: UserFilter): Promise<UserRow[]> {
  const { facility, province, state, importId } = filter
  let query = db
    .selectFrom('portal_user')
    .selectAll()
    .where('id', '>', filter.after ?? 0)
  if (facility !== undefined) query = query.where('facility', '=', facility)
  if (province !== undefined) query = query.where('province', '=', province)
  if (filter.within !== undefined) query = query.where('province', 'in', filter.within)
  if (state !== undefined) query = query.where('state', '=', state)
  if (importId !== undefined) query = query.where('import_id', '=', importId)
  if (filter.waiting === true) query = query.where((eb) => eb.or([eb('state', '=', 'waiting'), eb('wanted', 'is not', null)]))
  if (filter.disabledSoon === true) query = query.where('state', '=', 'active').where('warned_day', 'is not', null)
  return query.orderBy('id').limit(filter.limit).execute()
}
