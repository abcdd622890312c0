import { ControlError } from '../http/control-error.ts'
import { readWorkbookApart } from '../imports/read-workbook-apart.ts'
import { IMPORT_LIMITS, type Sheet, type SheetCell, type SheetRow } from '../imports/sheet.ts'
import type { Actor, Store } from '../store/store.ts'
import { noteHeld } from './enter-told.ts'
import {
  createOfficerTitles,
  OFFICER_COLUMN_NAMES,
  type OfficerColumn,
  type OfficerTitles,
  type OfficerTitleWords,
} from './officer-columns.ts'
import { type Officer, readOfficer } from './officer-fields.ts'
import { enterOfficer, type OfficerParts } from './officers.ts'

const HEADER_ROWS = 30
const MAX_ROWS = 5000

export interface OfficerImportOrder {
  readonly province: string
  readonly dispatch: string
  /** `all`: nothing is taken while one row is refused; `valid`: the rest is taken; `none`: only judge. */
  readonly accept: 'all' | 'valid' | 'none'
  /** What the office calls its columns, where it differs (`otp.columns`). */
  readonly columns?: OfficerTitles | undefined
}

/** What became of a row. No cell is quoted: they hold numbers of people. */
export interface OfficerRowVerdict {
  readonly row: number
  readonly verdict: 'enter' | 'refused'
  readonly field: string | null
  readonly message: { readonly vi: string; readonly en: string } | null
}

export interface OfficerImport {
  readonly importId: string
  readonly isTaken: boolean
  readonly verdicts: readonly OfficerRowVerdict[]
}

/**
 * Takes a province's list of officers (XLSX or CSV) with columns for name, BHXH number, phone and account. What is taken waits for approval by another person.
 * @throws ControlError with a code of IMPORT_ERRORS, BAD_FIELDS
 */
export async function importOfficers(
  store: Store,
  actor: Actor,
  file: Uint8Array,
  order: OfficerImportOrder,
  parts: OfficerParts,
  readSheets: (bytes: Uint8Array) => Promise<readonly Sheet[]> = (bytes) => readWorkbookApart(bytes, IMPORT_LIMITS),
): Promise<OfficerImport> {
  const { rows, columns } = findOfficers(await readSheets(file), createOfficerTitles(order.columns ?? {}))
  if (rows.length === 0)
    throw new ControlError('FILE_EMPTY', 'There are no rows below the header.', { vi: 'Tệp không có dòng dữ liệu nào.' })
  if (rows.length > MAX_ROWS)
    throw new ControlError('TOO_MANY_ROWS', `The list has ${rows.length} rows; at most ${MAX_ROWS} are taken.`)
  const importId = `officers-${Buffer.from(parts.randomBytes(9)).toString('base64url')}`
  const read = rows.map((row) => ({ row: row.row, ...readRow(row, columns, order.province, parts.nowMs) }))
  const verdicts: OfficerRowVerdict[] = []
  const held: Officer[] = []
  const judged = async (isTaken: boolean): Promise<OfficerImport> =>
    store.transact(actor, async (tx) => {
      verdicts.length = 0
      held.length = 0
      for (const { row, officer, fault } of read) {
        const refusal = fault ?? (await tryEnter(officer))
        verdicts.push(
          refusal === undefined ? { row, verdict: 'enter', field: null, message: null } : { row, verdict: 'refused', ...refusal },
        )
      }
      const refused = verdicts.filter(({ verdict }) => verdict === 'refused').length
      const keeps = isTaken && (order.accept === 'valid' || refused === 0)
      const details = { province: order.province, rows: rows.length, refused, taken: keeps }
      await tx.audit({ action: 'officer.import', target: importId, dispatch: order.dispatch, details })
      if (!keeps) throw new NotTaken()
      return { importId, isTaken: true, verdicts: [...verdicts] }

      async function tryEnter(officer: Officer | undefined): Promise<Refusal | undefined> {
        if (officer === undefined) return undefined
        try {
          await enterOfficer(tx, actor, officer, { dispatch: order.dispatch, importId }, parts)
          return undefined
        } catch (error) {
          if (!(error instanceof ControlError) || !REFUSALS.has(error.code)) throw error
          if (error.code === 'OFFICER_NEEDS_CENTRAL') held.push(officer)
          const field = error.errors[0]?.path.split('/').at(-1) ?? null
          return { field, message: { vi: error.vi ?? error.message, en: error.message } }
        }
      }
    })
  try {
    const taken = await judged(order.accept !== 'none')
    await noteHeld(store, actor, held, order.dispatch)
    return taken
  } catch (error) {
    // Everything was entered to find out what stands in the way, and taken back.
    if (!(error instanceof NotTaken)) throw error
    await noteHeld(store, actor, held, order.dispatch)
    return { importId, isTaken: false, verdicts }
  }
}

/** Refusals of single rows. */
const REFUSALS: ReadonlySet<string> = new Set(['OFFICER_KNOWN', 'OFFICER_NEEDS_CENTRAL', 'OTHER_PROVINCE'])

class NotTaken extends Error {
  override readonly name = 'NotTaken'
}

type Refusal = Pick<OfficerRowVerdict, 'field' | 'message'>

function findOfficers(
  sheets: readonly Sheet[],
  titles: OfficerTitleWords,
): { rows: readonly SheetRow[]; columns: ReadonlyMap<OfficerColumn, number> } {
  const tables = sheets.filter(({ isHidden }) => !isHidden).flatMap((sheet) => findHeader(sheet, titles) ?? [])
  const [table, second] = tables
  if (table === undefined) {
    const { needed } = titles
    throw new ControlError('WRONG_SHEET', `No sheet has a header row with ${needed}.`, {
      vi: `Không có trang tính nào có dòng tiêu đề gồm ${needed}.`,
    })
  }
  if (second !== undefined) throw new ControlError('SEVERAL_SHEETS', 'More than one sheet has such a list. Send one sheet.')
  return table
}

function findHeader(
  sheet: Sheet,
  titles: OfficerTitleWords,
): { rows: readonly SheetRow[]; columns: ReadonlyMap<OfficerColumn, number> } | undefined {
  for (const header of sheet.rows) {
    if (header.row > HEADER_ROWS) return undefined
    const columns = new Map(
      header.cells.flatMap((cell, at) => {
        const name = cell === undefined ? undefined : titles.fieldOf(cell.text)
        return name === undefined ? [] : [[name, at] as const]
      }),
    )
    if (columns.size < OFFICER_COLUMN_NAMES.length) continue
    const places = [...columns.values()]
    // Rows without any of the four are titles and sums.
    const rows = sheet.rows.filter(({ row, cells }) => row > header.row && places.some((at) => (cells[at]?.text ?? '') !== ''))
    return { rows, columns }
  }
  return undefined
}

function readRow(
  { cells }: SheetRow,
  columns: ReadonlyMap<OfficerColumn, number>,
  province: string,
  nowMs: number,
): { readonly officer?: Officer; readonly fault?: Refusal } {
  const cellOf = (name: OfficerColumn): SheetCell | undefined => cells[columns.get(name) ?? -1]
  const odd = OFFICER_COLUMN_NAMES.find(
    (name) => ['formula', 'error'].includes(cellOf(name)?.kind ?? '') || cellOf(name)?.isMerged === true,
  )
  if (odd !== undefined) {
    const message = {
      vi: 'Ô chứa công thức, lỗi hoặc bị gộp; hãy dán giá trị.',
      en: 'The cell holds a formula or an error, or is merged; paste its value.',
    }
    return { fault: { field: odd, message } }
  }
  const textOf = (name: OfficerColumn): string => cellOf(name)?.text ?? ''
  const officer = readOfficer(
    { province, name: textOf('name'), bhxhCode: textOf('bhxhCode'), phone: textOf('phone'), account: textOf('account') },
    nowMs,
  )
  if (!isFaults(officer)) return { officer }
  const [first] = officer
  return { fault: { field: first?.field ?? null, message: { vi: first?.vi ?? '', en: first?.en ?? '' } } }
}

function isFaults<T>(value: T | readonly unknown[]): value is Extract<T | readonly unknown[], readonly unknown[]> {
  return Array.isArray(value)
}
