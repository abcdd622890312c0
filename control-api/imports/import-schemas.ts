import type { Kysely } from 'kysely'
import { type Static, Type } from 'typebox'
import { portalTimeText } from '../../rules/requests/portal-time-text.ts'
import { ControlError } from '../http/control-error.ts'
import type { Tables } from '../store/tables.ts'
import { APPROVER_FORM, USER_FORM } from '../users/user-forms.ts'
import { waitingUsers } from '../users/waiting-users.ts'
import type { ImportRow, ImportVerdictRow } from './import-tables.ts'

const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()])

export const VerdictView = Type.Object({
  row: Type.Integer({ description: 'as the spreadsheet shows it' }),
  section: nullable(Type.String({ description: '`add`, `change`, `disable` or `cancel`' })),
  verdict: Type.String({ description: 'the section that is done, `unchanged` or `refused`' }),
  code: nullable(Type.String()),
  field: nullable(Type.String()),
  value: Type.String({ description: 'the cell as it was read, cut; untrusted text' }),
  facility: Type.String(),
  block: Type.String(),
  message: Type.Object({ vi: Type.String(), en: Type.String() }),
})

export const ImportView = Type.Object({
  importId: Type.String(),
  form: Type.String({ description: 'number of the form', examples: ['02/th-ip-ctn'] }),
  sha256: Type.String(),
  bytes: Type.Integer(),
  sheet: Type.String(),
  province: nullable(Type.String()),
  dispatch: Type.String(),
  accept: Type.String(),
  taken: Type.Boolean({ description: 'whether its rows were taken; they wait for approval by another person' }),
  by: Type.String(),
  at: Type.String(),
  counts: Type.Object({
    rows: Type.Integer(),
    adds: Type.Integer(),
    changes: Type.Integer(),
    cancels: Type.Integer(),
    unchanged: Type.Integer(),
    refused: Type.Integer(),
  }),
  waiting: Type.Object(
    { adds: Type.Integer(), changes: Type.Integer(), cancels: Type.Integer() },
    { description: 'what an approval of this import would open, change and close' },
  ),
  ignored: Type.Array(Type.Object({ row: Type.Integer(), text: Type.String() }), {
    description: 'rows that ask for nothing: titles, sums',
  }),
})
export type ImportView = Static<typeof ImportView>

export const ImportAnswer = Type.Object({
  ...ImportView.properties,
  isNew: Type.Boolean({ description: 'false where the same file was taken before: this is its result' }),
  verdicts: Type.Array(VerdictView, { description: 'refused rows first, at most 1000; all of them at /verdicts' }),
})

/** @throws ControlError NOT_FOUND */
export async function readImport(db: Kysely<Tables>, id: string): Promise<ImportView> {
  const row = await db.selectFrom('import').selectAll().where('id', '=', id).executeTakeFirst()
  if (row === undefined) throw new ControlError('NOT_FOUND', `There is no import ${JSON.stringify(id.slice(0, 64))}.`)
  return viewOf(row, await waitingOf(db, row))
}

async function waitingOf(db: Kysely<Tables>, { id, form }: ImportRow): Promise<ImportView['waiting']> {
  if (form === USER_FORM || form === APPROVER_FORM) return waitingUsers(db, id, form)
  return { adds: await countWaiting(db, 'import_id', id), changes: 0, cancels: await countWaiting(db, 'cancel_import_id', id) }
}

async function countWaiting(db: Kysely<Tables>, column: 'import_id' | 'cancel_import_id', id: string): Promise<number> {
  const row = await db
    .selectFrom('registration')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where(column, '=', id)
    .where('state', '=', column === 'import_id' ? 'endorsed' : 'approved')
    .executeTakeFirst()
  return Number(row?.count ?? 0)
}

function viewOf(row: ImportRow, waiting: ImportView['waiting']): ImportView {
  const { rows, adds, changes, cancels, unchanged, refused } = row
  return {
    importId: row.id,
    form: row.form,
    sha256: row.sha256,
    bytes: row.bytes,
    sheet: row.sheet,
    province: row.province,
    dispatch: row.dispatch,
    accept: row.accept,
    taken: row.is_taken === 1,
    by: row.taken_by,
    at: portalTimeText(row.at_ms),
    counts: { rows, adds, changes, cancels, unchanged, refused },
    waiting,
    ignored: JSON.parse(row.ignored) as ImportView['ignored'],
  }
}

export function verdictViewOf(row: ImportVerdictRow): Static<typeof VerdictView> {
  const { section, verdict, code, field, value, facility, block } = row
  const message = { vi: row.message_vi, en: row.message_en }
  return { row: row.row, section, verdict, code, field, value, facility, block, message }
}
