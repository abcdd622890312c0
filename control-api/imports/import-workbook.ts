import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import type { RegistrationPolicy } from '../../rules/addresses/registration-policy.ts'
import { DEFAULT_REGISTRATION_POLICY } from '../../rules/addresses/registration-policy.ts'
import { provinceName } from '../../rules/provinces/province-names.ts'
import type { Clock } from '../../rules/time/clock.ts'
import { ControlError } from '../http/control-error.ts'
import { findHoldings } from '../registrations/find-holdings.ts'
import type { Change } from '../registrations/registration.ts'
import { requireDispatch } from '../registrations/require-dispatch.ts'
import { insertRows } from '../store/insert-rows.ts'
import type { Actor, Store } from '../store/store.ts'
import { type ColumnMapping, createMappingWords, DEFAULT_COLUMN_MAPPING } from './column-mapping.ts'
import { findTable } from './find-table.ts'
import type { ImportRow } from './import-tables.ts'
import { type JudgedRow, judgeRows, type RowVerdict } from './judge-rows.ts'
import { type CellFault, type ReadRow, readCells } from './read-cells.ts'
import { readWorkbookApart } from './read-workbook-apart.ts'
import { rowsOfTable, type TableRows } from './rows-of-table.ts'
import { IMPORT_LIMITS, type ImportLimits, type Sheet } from './sheet.ts'
import { takeRows } from './take-rows.ts'

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

export interface ImportParts {
  readonly store: Store
  readonly clock: Clock
  randomBytes(size: number): Uint8Array
  readonly mapping?: ColumnMapping
  readonly policy?: RegistrationPolicy
  readonly limits?: ImportLimits
  /** How files are read; in a thread of its own if left out. */
  readonly readSheets?: (bytes: Uint8Array, limits: ImportLimits) => Promise<readonly Sheet[]>
  /** Told after each piece of work. */
  onProgress?(progress: ImportProgress): void
}

export interface ImportProgress {
  readonly step: 'read' | 'stored'
  readonly rows: number
  readonly ofRows: number
}

/** What became of a file. */
export interface ImportResult {
  readonly importId: string
  /** False where the same file was taken before and this is its result. */
  readonly isNew: boolean
  readonly isTaken: boolean
}

/** Rows read between two looks at everybody else. */
const BREATH_ROWS = 2000

/**
 * Reads a form-02 workbook (XLSX or CSV), judges every row, and takes the rows if `accept` lets it: all in one transaction, with its audit entry.
 * The same bytes twice give the first result. @throws ControlError with a code of IMPORT_ERRORS, BAD_FIELDS, PROVINCE_UNKNOWN
 */
export async function importWorkbook(
  parts: ImportParts,
  actor: Actor,
  file: Uint8Array,
  order: ImportOrder,
): Promise<ImportResult> {
  const { store, clock } = parts
  const dispatch = requireDispatch(order.dispatch, '/querystring/dispatch')
  requireProvince(order.province, clock.nowMs())
  const sha256 = createHash('sha256').update(file).digest('hex')
  const earlier = order.force === true ? undefined : await findTaken(store, sha256)
  if (earlier !== undefined) return { importId: earlier, isNew: false, isTaken: true }

  const sheets = await (parts.readSheets ?? readWorkbookApart)(file, parts.limits ?? IMPORT_LIMITS)
  const words = createMappingWords(parts.mapping ?? DEFAULT_COLUMN_MAPPING)
  const table = findTable(sheets, words, order.sheet)
  const { rows, ignored } = rowsOfTable(table, words)
  if (rows.length === 0) {
    throw new ControlError('FILE_EMPTY', `Sheet ${JSON.stringify(table.sheet.name)} has a header but no rows below it.`, {
      vi: `Trang tính ${JSON.stringify(table.sheet.name)} chỉ có tiêu đề, không có dòng dữ liệu.`,
    })
  }
  const read = await readAll(parts, rows, order)

  const importId = `i-${Buffer.from(parts.randomBytes(9)).toString('base64url')}`
  const result = await store.transact(actor, async (tx) => {
    const change: Change = { ...tx, actor, atMs: clock.nowMs() }
    const judged = await judgeAll(change, read, { sheet: table.sheet.name, order, dispatch })
    const row = importRowOf(change, judged, ignored, {
      importId,
      sha256,
      bytes: file.byteLength,
      sheet: table.sheet.name,
      order,
      dispatch,
    })
    const auditSeq = await change.audit({
      action: row.is_taken === 1 ? 'import.take' : 'import.judge',
      target: `import/${importId}`,
      dispatch,
      details: {
        sha256,
        ...countsOf(row),
        accept: order.accept,
        ...(row.is_taken === 1 ? { takenSha256: digestOf(judged) } : {}),
      },
    })
    await change.db.insertInto('import').values(row).execute()
    await insertRows(
      change.db,
      'import_verdict',
      judged.map(({ verdict }, index) => verdictRowOf(importId, index, verdict)),
    )
    if (row.is_taken === 1) await takeRows(change, judged, { importId, dispatch, auditSeq })
    return { importId, isNew: true, isTaken: row.is_taken === 1 }
  })
  parts.onProgress?.({ step: 'stored', rows: rows.length, ofRows: rows.length })
  return result
}

async function findTaken(store: Store, sha256: string): Promise<string | undefined> {
  const row = await store.read((db) =>
    db
      .selectFrom('import')
      .select('id')
      .where('sha256', '=', sha256)
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

type ReadOrFault = ReadRow | { readonly row: TableRows['rows'][number]; readonly fault: CellFault }

async function readAll(parts: ImportParts, rows: TableRows['rows'], order: ImportOrder): Promise<ReadOrFault[]> {
  const context = { province: order.province, policy: parts.policy ?? DEFAULT_REGISTRATION_POLICY, atMs: parts.clock.nowMs() }
  const read: ReadOrFault[] = []
  for (const row of rows) {
    const result = readCells(row, context)
    read.push('code' in result ? { row, fault: result } : result)
    const isLast = read.length === rows.length
    if (!isLast && read.length % BREATH_ROWS !== 0) continue
    parts.onProgress?.({ step: 'read', rows: read.length, ofRows: rows.length })
    await setImmediate()
  }
  return read
}

async function judgeAll(
  change: Change,
  read: readonly ReadOrFault[],
  { sheet, order, dispatch }: { readonly sheet: string; readonly order: ImportOrder; readonly dispatch: string },
): Promise<JudgedRow[]> {
  const blocks = read.flatMap((row) => ('fault' in row ? [] : [row.block]))
  const holdings = await findHoldings(change.db, blocks, change.atMs)
  return judgeRows(read, { sheet, dispatch, effectiveFromMs: order.effectiveFromMs ?? change.atMs, holdings })
}

interface ImportFacts {
  readonly importId: string
  readonly sha256: string
  readonly bytes: number
  readonly sheet: string
  readonly order: ImportOrder
  readonly dispatch: string
}

function importRowOf(change: Change, judged: readonly JudgedRow[], ignored: TableRows['ignored'], facts: ImportFacts): ImportRow {
  const count = (kind: RowVerdict['verdict']) => judged.filter(({ verdict }) => verdict.verdict === kind).length
  const refused = count('refused')
  const { accept } = facts.order
  return {
    id: facts.importId,
    sha256: facts.sha256,
    bytes: facts.bytes,
    sheet: facts.sheet,
    province: facts.order.province ?? null,
    dispatch: facts.dispatch,
    accept,
    is_taken: accept === 'valid' || (accept === 'all' && refused === 0) ? 1 : 0,
    rows: judged.length,
    adds: count('add'),
    cancels: count('cancel'),
    unchanged: count('unchanged'),
    refused,
    ignored: JSON.stringify(ignored.slice(0, 1000)),
    taken_by: change.actor.person,
    at_ms: change.atMs,
  }
}

function countsOf({ rows, adds, cancels, unchanged, refused }: ImportRow) {
  return { rows, adds, cancels, unchanged, refused }
}

function verdictRowOf(importId: string, seq: number, verdict: RowVerdict) {
  const { row, section, verdict: kind, code, field, value, facility, block, message } = verdict
  return {
    import_id: importId,
    seq,
    row,
    section: section ?? null,
    verdict: kind,
    code,
    field,
    value,
    facility,
    block,
    message_vi: message.vi,
    message_en: message.en,
  }
}

/** SHA-256 over a line a taken row, so that the one audit entry stands for each of them. */
function digestOf(judged: readonly JudgedRow[]): string {
  const hash = createHash('sha256')
  for (const { verdict } of judged) {
    if (verdict.verdict === 'add' || verdict.verdict === 'cancel')
      hash.update(`${verdict.verdict}\t${verdict.facility}\t${verdict.block}\n`)
  }
  return hash.digest('hex')
}
