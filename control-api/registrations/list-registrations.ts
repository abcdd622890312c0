import type { Kysely } from 'kysely'
import type { Block } from '../../rules/addresses/block.ts'
import type { Tables } from '../store/tables.ts'
import { blockBounds, coversOf } from './block-bounds.ts'
import type { RegistrationState } from './registration.ts'
import type { RegistrationRow } from './registration-tables.ts'

export interface RegistrationFilter {
  readonly facility?: string | undefined
  readonly province?: string | undefined
  /** Codes of the province that the asker is for; all if left out. */
  readonly within?: readonly string[] | undefined
  readonly state?: RegistrationState | undefined
  readonly importId?: string | undefined
  /** Part of a block's text. */
  readonly contains?: string | undefined
  /** Blocks that hold this one, or lie in it. */
  readonly overlaps?: Block | undefined
  readonly isShared?: boolean | undefined
  /** Registrations after this id. */
  readonly afterId: number
  readonly limit: number
}

/** Registrations in the order they were made, at most `limit`. */
export async function listRegistrations(db: Kysely<Tables>, filter: RegistrationFilter): Promise<RegistrationRow[]> {
  let query = db.selectFrom('registration').selectAll().where('id', '>', filter.afterId).orderBy('id').limit(filter.limit)
  if (filter.facility !== undefined) query = query.where('facility', '=', filter.facility)
  if (filter.province !== undefined) query = query.where('province', '=', filter.province)
  if (filter.within !== undefined) query = query.where('province', 'in', filter.within)
  if (filter.state !== undefined) query = query.where('state', '=', filter.state)
  if (filter.importId !== undefined) query = query.where('import_id', '=', filter.importId)
  if (filter.isShared !== undefined) query = query.where('shared_reason', filter.isShared ? 'is not' : 'is', null)
  // Blocks hold neither % nor _, and the schema lets none through.
  if (filter.contains !== undefined)
    query = query.where((eb) => eb(eb.ref('block').$castTo<string>(), 'like', `%${filter.contains}%`))
  if (filter.overlaps !== undefined) {
    const { first, last } = blockBounds(filter.overlaps)
    const sizes = await db.selectFrom('registration').select('size').distinct().execute()
    const covers = coversOf(
      filter.overlaps,
      sizes.map((row) => row.size),
    )
    query = query.where((eb) =>
      eb.or([
        eb.and([eb('first', '>=', first), eb('first', '<=', last)]),
        ...(covers.length > 0 ? [eb('block', 'in', covers)] : []),
      ]),
    )
  }
  return query.execute()
}
