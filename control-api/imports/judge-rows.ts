import type { Block } from '../../rules/addresses/block.ts'
import { hideIdentifiers } from '../../rules/requests/hide-identifiers.ts'
import { createClaimIndex } from '../registrations/claim-index.ts'
import type { Claim, Holding } from '../registrations/holding.ts'
import { judgeClaim } from '../registrations/judge-claim.ts'
import { IMPORT_FIELDS } from './column-mapping.ts'
import { type CellFault, type ReadRow, textOf } from './read-cells.ts'
import type { RowErrorCode } from './row-errors.ts'
import { type MessageData, rowMessage } from './row-messages.ts'
import type { RowVerdict } from './row-verdict.ts'
import type { ImportRow } from './rows-of-table.ts'
import { columnLetters } from './sheet.ts'

/** A verdict and, where something is to be done, with what. */
export interface JudgedRow {
  readonly verdict: RowVerdict
  /** For `add`. */
  readonly order?: Claim & { readonly read: ReadRow }
  /** For `cancel`: the registration that ends. */
  readonly holding?: Holding
}

export interface JudgeContext {
  readonly sheet: string
  readonly dispatch: string
  readonly effectiveFromMs: number
  /** Everybody who holds a block of the file or overlaps one. */
  readonly holdings: readonly Holding[]
}

const MAX_VALUE = 200
const FACILITY = /^[0-9]{5}$/

/** Judges rows against each other and against who holds what. Pure: the same rows and holdings give the same verdicts. Cancels count first, so that an address may change hands in one file. */
export function judgeRows(rows: readonly (ReadRow | { row: ImportRow; fault: CellFault })[], context: JudgeContext): JudgedRow[] {
  const judged = new Map<ImportRow, JudgedRow>()
  const readable: ReadRow[] = []
  for (const row of rows) {
    if ('fault' in row) judged.set(row.row, { verdict: verdictOf(row.row, 'refused', row.fault, context.sheet) })
    else readable.push(row)
  }
  const clashes = findClashes(readable)
  for (const [read, clash] of clashes) judged.set(read.row, refused(read, clash.code, context, { otherRow: clash.otherRow }))
  const left = readable.filter((read) => !clashes.has(read))
  const ending = judgeCancels(left, context, judged)
  judgeAdds(left, context, ending, judged)
  return rows.map((row) => {
    const found = judged.get(row.row as ImportRow)
    if (found === undefined) throw new RangeError('every row has a verdict')
    return found
  })
}

interface Clash {
  readonly code: 'DUPLICATE_ROW' | 'CONTRADICTION'
  readonly otherRow: number
}

/** The same unit and block twice: the second of a pair in one section, both of a pair across sections. */
function findClashes(rows: readonly ReadRow[]): ReadonlyMap<ReadRow, Clash> {
  const first = new Map<string, ReadRow>()
  const clashes = new Map<ReadRow, Clash>()
  for (const read of rows) {
    const key = `${read.facility} ${read.block}`
    const other = first.get(key)
    if (other === undefined) first.set(key, read)
    else if (other.section === read.section) clashes.set(read, { code: 'DUPLICATE_ROW', otherRow: other.row.row })
    else {
      clashes.set(read, { code: 'CONTRADICTION', otherRow: other.row.row })
      clashes.set(other, { code: 'CONTRADICTION', otherRow: read.row.row })
    }
  }
  return clashes
}

/** Judges the cancels; gives the ids of the registrations that end. */
function judgeCancels(rows: readonly ReadRow[], context: JudgeContext, judged: Map<ImportRow, JudgedRow>): ReadonlySet<number> {
  const index = createClaimIndex(context.holdings)
  const ending = new Set<number>()
  for (const read of rows) {
    if (read.section !== 'cancel') continue
    const overlapping = index.overlapping(read.block)
    const own = overlapping.find((holding) => holding.block === read.block && holding.facility === read.facility)
    if (own === undefined) judged.set(read.row, refusedCancel(read, overlapping, context))
    else if (own.cancelImportId !== null) judged.set(read.row, unchanged(read, 'CANCEL_PENDING', own, context))
    else {
      ending.add(own.id)
      judged.set(read.row, { verdict: accepted(read, 'cancel'), holding: own })
    }
  }
  return ending
}

function refusedCancel(read: ReadRow, overlapping: readonly Holding[], context: JudgeContext): JudgedRow {
  const others = overlapping.filter((holding) => holding.block === read.block)
  if (others.length > 0) return refused(read, 'HELD_BY_OTHER_UNIT', context, { holders: namesOf(others) })
  return refused(read, 'NOT_HELD', context, overlapping.length === 0 ? {} : { holders: namesOf(overlapping) })
}

function judgeAdds(
  rows: readonly ReadRow[],
  context: JudgeContext,
  ending: ReadonlySet<number>,
  judged: Map<ImportRow, JudgedRow>,
): void {
  const held = createClaimIndex(context.holdings.filter((holding) => !ending.has(holding.id)))
  const inFile = createClaimIndex<NonNullable<JudgedRow['order']>>([])
  for (const read of rows) {
    if (read.section !== 'add') continue
    const order = { ...claimOf(read, context), read }
    const verdict = judgeClaim(order, held.overlapping(read.block))
    if (verdict.kind === 'held-already') judged.set(read.row, unchanged(read, 'UNCHANGED', verdict.holder, context))
    else if (verdict.kind === 'conflict')
      judged.set(read.row, refused(read, 'CONFLICT', context, { holders: namesOf(verdict.holders) }))
    else judgeInFile(order, inFile, context, judged)
  }
}

/** Two units of one file that claim the same: nobody can say which is right, so both are refused. */
function judgeInFile(
  order: NonNullable<JudgedRow['order']>,
  inFile: ReturnType<typeof createClaimIndex<NonNullable<JudgedRow['order']>>>,
  context: JudgeContext,
  judged: Map<ImportRow, JudgedRow>,
): void {
  const { read } = order
  const verdict = judgeClaim(order, inFile.overlapping(read.block))
  inFile.add(order)
  if (verdict.kind !== 'conflict') {
    judged.set(read.row, { verdict: accepted(read, 'add'), order })
    return
  }
  const [other] = verdict.holders
  judged.set(read.row, refused(read, 'CONFLICT_IN_FILE', context, { otherRow: other?.read.row.row ?? 0 }))
  for (const holder of verdict.holders) {
    judged.set(holder.read.row, refused(holder.read, 'CONFLICT_IN_FILE', context, { otherRow: read.row.row }))
  }
}

function claimOf(read: ReadRow, context: JudgeContext): Claim {
  return {
    facility: read.facility,
    facilityName: read.facilityName,
    province: read.province,
    block: read.block,
    effectiveFromMs: context.effectiveFromMs,
    effectiveUntilMs: null,
    sharedReason: read.sharedReason,
    dispatch: read.dispatch ?? context.dispatch,
  }
}

function accepted(read: ReadRow, verdict: 'add' | 'cancel'): RowVerdict {
  const { row, section, facility, block } = read
  const message =
    verdict === 'add'
      ? { vi: `thêm ${block} cho đơn vị ${facility}`, en: `adds ${block} for unit ${facility}` }
      : { vi: `hủy ${block} của đơn vị ${facility}`, en: `cancels ${block} of unit ${facility}` }
  return { row: row.row, section, verdict, code: null, field: null, value: block, facility, block, message }
}

function unchanged(read: ReadRow, code: RowErrorCode, holding: Holding, context: JudgeContext): JudgedRow {
  const data = { holders: namesOf([holding]) }
  return { verdict: verdictOf(read.row, 'unchanged', { code, field: 'block' }, context.sheet, data, read.block) }
}

function refused(read: ReadRow, code: RowErrorCode, context: JudgeContext, data: Partial<MessageData>): JudgedRow {
  return { verdict: verdictOf(read.row, 'refused', { code, field: 'block' }, context.sheet, data, read.block) }
}

function verdictOf(
  row: ImportRow,
  verdict: 'unchanged' | 'refused',
  { code, field }: CellFault,
  sheet: string,
  data: Partial<MessageData> = {},
  block: Block | '' = '',
): RowVerdict {
  const value = hideIdentifiers(textOf(row, field)).slice(0, MAX_VALUE)
  const words = rowMessage(code, { value: JSON.stringify(value.slice(0, 60)), ...data })
  const column = row.columns.get(field)
  const title = IMPORT_FIELDS[field]
  const facility = textOf(row, 'facility')
  const [vi, en] =
    column === undefined
      ? ['', '']
      : [`, cột ${columnLetters(column)} (${title})`, `, column ${columnLetters(column)} (${title})`]
  const name = JSON.stringify(sheet.slice(0, 60))
  return {
    row: row.row,
    section: row.section,
    verdict,
    code,
    field,
    value,
    facility: FACILITY.test(facility) ? facility : '',
    block,
    message: { vi: `Trang ${name}, dòng ${row.row}${vi}: ${words.vi}`, en: `Sheet ${name}, row ${row.row}${en}: ${words.en}` },
  }
}

function namesOf(holders: readonly Holding[]): string {
  return holders
    .slice(0, 5)
    .map((holding) => `${holding.facility} (${holding.block}, ${holding.state})`)
    .join(', ')
}
