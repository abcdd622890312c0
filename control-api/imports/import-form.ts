import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import { provinceName } from '../../rules/provinces/province-names.ts'
import type { Clock } from '../../rules/time/clock.ts'
import { ControlError } from '../http/control-error.ts'
import type { Change } from '../registrations/registration.ts'
import { requireDispatch } from '../registrations/require-dispatch.ts'
import { insertRows } from '../store/insert-rows.ts'
import type { Actor, Store } from '../store/store.ts'
import type { Tables } from '../store/tables.ts'
import type { MappingWords } from './column-mapping.ts'
import { findTable } from './find-table.ts'
import { importInPieces } from './import-in-pieces.ts'
import { countsOf, digestOf, importRowOf, verdictRowOf } from './import-rows.ts'
import { readWorkbookApart } from './read-workbook-apart.ts'
import type { RowVerdict } from './row-verdict.ts'
import { rowsOfLargeTable, type ImportRow as TableRow } from './rows-of-table.ts'
import { IMPORT_LIMITS, type ImportLimits, type Sheet } from './sheet.ts'

/** `all`: nothing is taken while one row is refused. `valid`: the officer takes the rest. `none`: only judge. */
export type Accept = 'all' | 'valid' | 'none'

export interface ImportOrder {
  /** Two digits; left out where every row names its own. */
  readonly province?: string | undefined
  readonly dispatch: string
  readonly accept: Accept
  /** The sheet, where more than one has a table. */
  readonly sheet?: string | undefined
  readonly effectiveFromMs?: number | undefined
  /** Read the file again although it was taken before. */
  readonly force?: boolean | undefined
}

export interface ImportProgress {
  readonly step: 'read' | 'stored'
  readonly rows: number
  readonly ofRows: number
}

export interface ImportFormParts {
  readonly store: Store
  readonly clock: Clock
  randomBytes(size: number): Uint8Array
  readonly limits?: ImportLimits
  /** More rows than these are judged and written down before the transaction that takes them; 5000 if left out. */
  readonly largeRows?: number
  /** How files are read; in a thread of its own if left out. */
  readonly readSheets?: (bytes: Uint8Array, limits: ImportLimits) => Promise<readonly Sheet[]>
  /** Told after each piece of work. */
  onProgress?(progress: ImportProgress): void
}

/** What became of a file. */
export interface ImportResult {
  readonly importId: string
  /** False where the same file was taken before and this is its result. */
  readonly isNew: boolean
  readonly isTaken: boolean
}

export interface TakeOptions {
  readonly importId: string
  readonly dispatch: string
  /** Number of the audit entry that covers all of it. */
  readonly auditSeq: number
}

/** What makes one form an import: how its rows are read, judged and taken. */
export interface FormImport<F extends string, Read, Judged extends { readonly verdict: RowVerdict }> {
  readonly words: MappingWords<F>
  /** Reads every cell of a row; its faults are part of what it gives. */
  read(row: TableRow<F>): Read
  /** Works out beforehand what takes time and asks nothing of the store: while the rows are judged and taken, everybody else who writes waits. */
  prepare?(read: readonly Read[]): Promise<void>
  /** Stands for all that a judgement depends on: where it is another one when the rows are taken, they are judged anew. Without it they are judged then. */
  mark?(db: Kysely<Tables>): Promise<string>
  /** Judges the rows against each other and against what is stored; one verdict a row, in their order. */
  judge(change: Change, read: readonly Read[], sheet: string): Promise<readonly Judged[]>
  /** A line that stands for a taken row in the audit entry's hash. Holds no name and no citizen ID. */
  lineOf(judged: Judged): string
  take(change: Change, judged: readonly Judged[], options: TakeOptions): Promise<void>
  /** What is kept of a row that asks for nothing. */
  readonly ignoredText?: (text: string) => string
}

/** Rows read between two looks at everybody else. */
const BREATH_ROWS = 2000
const LARGE_ROWS = 5000

/**
 * Reads a workbook (XLSX or CSV), judges every row, and takes the rows if `accept` lets it: all in one transaction, with its audit entry. The same bytes
 * twice give the first result. @throws ControlError with a code of IMPORT_ERRORS, BAD_FIELDS, PROVINCE_UNKNOWN
 */
export async function importForm<F extends string, Read, Judged extends { readonly verdict: RowVerdict }>(
  parts: ImportFormParts,
  actor: Actor,
  file: Uint8Array,
  order: ImportOrder,
  form: FormImport<F, Read, Judged>,
): Promise<ImportResult> {
  const { store, clock } = parts
  const { words } = form
  const dispatch = requireDispatch(order.dispatch, '/querystring/dispatch')
  requireProvince(order.province, clock.nowMs())
  const sha256 = createHash('sha256').update(file).digest('hex')
  const earlier = order.force === true ? undefined : await findTaken(store, words.form.number, sha256)
  if (earlier !== undefined) return { importId: earlier, isNew: false, isTaken: true }

  const sheets = await (parts.readSheets ?? readWorkbookApart)(file, parts.limits ?? IMPORT_LIMITS)
  const table = findTable(sheets, words, order.sheet)
  const { rows, ignored } = await rowsOfLargeTable(table, words)
  const sheet = table.sheet.name
  if (rows.length === 0) {
    throw new ControlError('FILE_EMPTY', `Sheet ${JSON.stringify(sheet)} has a header but no rows below it.`, {
      vi: `Trang tính ${JSON.stringify(sheet)} chỉ có tiêu đề, không có dòng dữ liệu.`,
    })
  }
  const read = await readAll(parts, rows, form)
  await form.prepare?.(read)

  const importId = `i-${Buffer.from(parts.randomBytes(9)).toString('base64url')}`
  const facts = { importId, form: words.form.number, sha256, bytes: file.byteLength, sheet, order, dispatch }
  const told = ignored.map(({ row, text }) => ({ row, text: form.ignoredText?.(text) ?? text }))
  if (rows.length > (parts.largeRows ?? LARGE_ROWS) && form.mark !== undefined) {
    const mark = form.mark.bind(form)
    const result = await importInPieces(parts, actor, { read, facts, ignored: told }, { ...form, mark })
    parts.onProgress?.({ step: 'stored', rows: rows.length, ofRows: rows.length })
    return result
  }
  const result = await store.transact(actor, async (tx) => {
    const change: Change = { ...tx, actor, atMs: clock.nowMs() }
    const judged = await form.judge(change, read, sheet)
    const row = importRowOf(change, judged, told, facts)
    const auditSeq = await change.audit({
      action: row.is_taken === 1 ? 'import.take' : 'import.judge',
      target: `import/${importId}`,
      dispatch,
      details: {
        sha256,
        form: row.form,
        ...countsOf(row),
        accept: order.accept,
        ...(row.is_taken === 1 ? { takenSha256: digestOf(judged, (one) => form.lineOf(one)) } : {}),
      },
    })
    await change.db.insertInto('import').values(row).execute()
    await insertRows(
      change.db,
      'import_verdict',
      judged.map(({ verdict }, index) => verdictRowOf(importId, index, verdict)),
    )
    if (row.is_taken === 1) await form.take(change, judged, { importId, dispatch, auditSeq })
    return { importId, isNew: true, isTaken: row.is_taken === 1 }
  })
  parts.onProgress?.({ step: 'stored', rows: rows.length, ofRows: rows.length })
  return result
}

async function findTaken(store: Store, form: string, sha256: string): Promise<string | undefined> {
  const row = await store.read((db) =>
    db
      .selectFrom('import')
      .select('id')
      .where('sha256', '=', sha256)
      .where('form', '=', form)
      .where('is_taken', '=', 1)
      .orderBy('at_ms', 'desc')
      .executeTakeFirst(),
  )
  return row?.id
}

function requireProvince(province: string | undefined, atMs: number): void {
  if (province === undefined || provinceName(province, atMs) !== undefined) return
  throw new ControlError(
    'PROVINCE_UNKNOWN',
    `Cannot import for province ${JSON.stringify(province)}: no province has this code today.`,
    {
      vi: `Không có tỉnh nào mang mã ${JSON.stringify(province)} vào ngày hôm nay.`,
    },
  )
}

async function readAll<F extends string, Read>(
  parts: ImportFormParts,
  rows: readonly TableRow<F>[],
  form: { read(row: TableRow<F>): Read },
): Promise<Read[]> {
  const read: Read[] = []
  for (const row of rows) {
    read.push(form.read(row))
    const isLast = read.length === rows.length
    if (!isLast && read.length % BREATH_ROWS !== 0) continue
    parts.onProgress?.({ step: 'read', rows: read.length, ofRows: rows.length })
    await setImmediate()
  }
  return read
}
