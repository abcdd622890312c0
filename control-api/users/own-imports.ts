import type { Kysely } from 'kysely'
import { isWithin } from '../access/within-province.ts'
import { ControlError } from '../http/control-error.ts'
import { type ImportView, readImport } from '../imports/import-schemas.ts'
import type { ImportVerdictRow } from '../imports/import-tables.ts'
import type { RowVerdictKind } from '../imports/row-verdict.ts'
import type { Actor } from '../store/store.ts'
import type { Tables } from '../store/tables.ts'
import { APPROVER_FORM, USER_FORM } from './user-forms.ts'

/** An import of users or approvers that is the actor's to see: of his province, or for a facility, his own. @throws ControlError NOT_FOUND */
export async function readOwnImport(db: Kysely<Tables>, actor: Actor, id: string): Promise<ImportView> {
  const view = await readImport(db, id)
  const isOwn = actor.role === 'facility' ? view.by === actor.person : isWithin(actor, view.province ?? '')
  if (isOwn && (view.form === USER_FORM || view.form === APPROVER_FORM)) return view
  throw new ControlError('NOT_FOUND', `There is no import ${JSON.stringify(id.slice(0, 64))} of yours.`, {
    vi: 'Không tìm thấy tệp này.',
  })
}

export interface VerdictQuery {
  readonly kinds?: readonly RowVerdictKind[]
  /** After this one; from the first if left out. */
  readonly after?: number
  readonly limit: number
}

/** Verdicts in the order of the rows. */
export function readVerdicts(
  db: Kysely<Tables>,
  importId: string,
  { kinds, after = -1, limit }: VerdictQuery,
): Promise<ImportVerdictRow[]> {
  const all = db
    .selectFrom('import_verdict')
    .selectAll()
    .where('import_id', '=', importId)
    .where('seq', '>', after)
    .orderBy('seq')
    .limit(limit)
  return (kinds === undefined ? all : all.where('verdict', 'in', kinds)).execute()
}
