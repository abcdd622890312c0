import type { AddressErrorCode } from '../../rules/addresses/address-error.ts'
import { AddressError } from '../../rules/addresses/address-error.ts'
import type { Block } from '../../rules/addresses/block.ts'
import { parseBlock } from '../../rules/addresses/parse-block.ts'
import { judgeBlock, type RegistrationPolicy } from '../../rules/addresses/registration-policy.ts'
import { provinceName } from '../../rules/provinces/province-names.ts'
import { isDispatch } from '../../rules/revisions/owner-text.ts'
import type { ImportField } from './column-mapping.ts'
import type { Section } from './form.ts'
import type { RowErrorCode } from './row-errors.ts'
import type { ImportRow } from './rows-of-table.ts'

/** What a row asks for, every cell read. */
export interface ReadRow {
  readonly row: ImportRow
  readonly section: Section
  readonly facility: string
  readonly facilityName: string
  readonly province: string
  readonly block: Block
  readonly carrier: string
  readonly place: string
  readonly note: string
  readonly dispatch: string | undefined
  readonly sharedReason: string | null
}

/** The first fault of a row: which cell, and why. */
export interface CellFault {
  readonly code: RowErrorCode | AddressErrorCode
  readonly field: ImportField
}

export interface CellContext {
  /** The province of the import; rows may name their own where it is absent. */
  readonly province: string | undefined
  readonly policy: RegistrationPolicy
  readonly atMs: number
}

/** Longest text kept, by field. */
const MAX_LENGTHS: Readonly<Partial<Record<ImportField, number>>> = {
  facilityName: 200,
  carrier: 100,
  place: 300,
  note: 500,
  shared: 500,
  dispatch: 120,
}

/** Read in this order, so that the first fault is the one to mend first. */
const FIELDS: readonly ImportField[] = [
  'section',
  'facility',
  'facilityName',
  'province',
  'block',
  'carrier',
  'place',
  'note',
  'dispatch',
  'shared',
]

/** Reads every cell of a row, or gives its first fault. */
export function readCells(row: ImportRow, context: CellContext): ReadRow | CellFault {
  const fault = findCellFault(row) ?? findRowFault(row, context)
  if (fault !== undefined) return fault
  const block = readBlock(row, context)
  if (typeof block !== 'string') return block
  return {
    row,
    section: row.section ?? 'add',
    facility: textOf(row, 'facility'),
    facilityName: textOf(row, 'facilityName'),
    province: textOf(row, 'province') || (context.province ?? ''),
    block,
    carrier: textOf(row, 'carrier'),
    place: textOf(row, 'place'),
    note: textOf(row, 'note'),
    dispatch: textOf(row, 'dispatch') || undefined,
    sharedReason: textOf(row, 'shared') || null,
  }
}

export function textOf(row: ImportRow, field: ImportField): string {
  return row.cells[field]?.text ?? ''
}

function findCellFault({ cells }: ImportRow): CellFault | undefined {
  for (const field of FIELDS) {
    const cell = cells[field]
    if (cell === undefined) continue
    if (cell.kind === 'formula') return { code: 'FORMULA', field }
    if (cell.kind === 'error') return { code: 'CELL_ERROR', field }
    if (cell.isMerged) return { code: 'MERGED_CELLS', field }
    const maxLength = MAX_LENGTHS[field]
    if (maxLength === undefined) continue
    if (cell.text.length > maxLength) return { code: 'TEXT_TOO_LONG', field }
    if (/[\p{Cc}\u2028\u2029]/u.test(field === 'place' || field === 'note' ? cell.text.replaceAll(/\r?\n/g, ' ') : cell.text))
      return { code: 'CONTROL_TEXT', field }
  }
  return undefined
}

function findRowFault(row: ImportRow, context: CellContext): CellFault | undefined {
  if (row.section === undefined) return { code: 'SECTION_MISSING', field: 'section' }
  const facility = textOf(row, 'facility')
  if (facility === '') return { code: 'FACILITY_MISSING', field: 'facility' }
  if (/^[0-9]{1,4}$/.test(facility)) return { code: 'LEADING_ZERO_LOST', field: 'facility' }
  if (!/^[0-9]{5}$/.test(facility)) return { code: 'FACILITY_MALFORMED', field: 'facility' }
  if (textOf(row, 'facilityName') === '') return { code: 'NAME_MISSING', field: 'facilityName' }
  const dispatch = textOf(row, 'dispatch')
  if (dispatch !== '' && !isDispatch(dispatch)) return { code: 'DISPATCH_MALFORMED', field: 'dispatch' }
  return findProvinceFault(row, context)
}

function findProvinceFault(row: ImportRow, { province, atMs }: CellContext): CellFault | undefined {
  const own = textOf(row, 'province')
  if (own === '' && province === undefined) return { code: 'PROVINCE_MISSING', field: 'province' }
  if (own !== '' && province !== undefined && own !== province) return { code: 'PROVINCE_DIFFERS', field: 'province' }
  return own !== '' && provinceName(own, atMs) === undefined ? { code: 'ROW_PROVINCE_UNKNOWN', field: 'province' } : undefined
}

/** A cancel must only name what is held, so only an addition is held against the policy. */
function readBlock(row: ImportRow, { policy }: CellContext): Block | CellFault {
  const text = textOf(row, 'block')
  if (text === '') return { code: 'BLOCK_MISSING', field: 'block' }
  if (row.cells.block?.kind === 'number') return { code: 'BLOCK_NUMERIC', field: 'block' }
  try {
    const block = parseBlock(text)
    if (row.section === 'add') judgeBlock(block, policy)
    return block
  } catch (error) {
    if (!(error instanceof AddressError)) throw error
    return { code: error.code, field: 'block' }
  }
}
