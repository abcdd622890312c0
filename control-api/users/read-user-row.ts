import { provinceName } from '../../rules/provinces/province-names.ts'
import { USER_RIGHTS, type UserRight } from '../../rules/users/user-right.ts'
import { findPerson } from '../access/parse-person.ts'
import type { RowErrorCode } from '../imports/row-errors.ts'
import type { ImportRow } from '../imports/rows-of-table.ts'
import type { UserEntry } from './user-entry.ts'
import { findCitizenId, findDayMs, findName, findRights } from './user-fields.ts'
import { RIGHT_FIELDS, type UserField } from './user-forms.ts'
import type { UserRowErrorCode } from './user-row-errors.ts'

/** The first fault of a row: which cell, and why. */
export interface UserRowFault {
  readonly code: RowErrorCode | UserRowErrorCode
  readonly field: UserField
}

/** A row of either form, every cell read; `account` for approvers alone. */
export type ReadUserRow =
  | { readonly row: ImportRow<UserField>; readonly fault: UserRowFault }
  | { readonly row: ImportRow<UserField>; readonly entry: UserEntry; readonly account: string }

export interface UserRowContext {
  /** The facility and province of the import, for rows that name none. */
  readonly facility: string | undefined
  readonly province: string | undefined
  readonly fromMs: number
  readonly atMs: number
  /** A facility that sends its own list; other facilities may not stand in it. */
  readonly onlyFacility?: string | undefined
  /** Whether the actor may work on this facility or province. */
  readonly isWithin: (facilityOrProvince: string) => boolean
  /** Approvers have an account here, no facility and no rights. */
  readonly isApprover: boolean
}

const MARKS = /^(?:x|✓|✔|v|có|1|yes)$/iu

/** Reads every cell of a row, or gives its first fault. */
export function readUserRow(row: ImportRow<UserField>, context: UserRowContext): ReadUserRow {
  const faultOf = (code: UserRowFault['code'], field: UserField): ReadUserRow => ({ row, fault: { code, field } })
  const textOf = (field: UserField): string => row.cells[field]?.text ?? ''
  const odd = findOddCell(row)
  if (odd !== undefined) return { row, fault: odd }
  if (row.section === undefined) return faultOf('SECTION_MISSING', 'section')
  const facility = textOf('facility') || (context.facility ?? '')
  if (!context.isApprover && !/^[0-9]{5}$/.test(facility)) return faultOf(facilityFault(facility), 'facility')
  if (!context.isApprover && !context.isWithin(facility)) return faultOf('ROW_OTHER_PROVINCE', 'facility')
  if (context.onlyFacility !== undefined && facility !== context.onlyFacility) return faultOf('ROW_OTHER_FACILITY', 'facility')
  const province = textOf('province') || (context.province ?? '')
  if (province === '') return faultOf('PROVINCE_MISSING', 'province')
  if (!context.isWithin(province)) return faultOf('ROW_OTHER_PROVINCE', 'province')
  if (context.province !== undefined && province !== context.province) return faultOf('PROVINCE_DIFFERS', 'province')
  if (provinceName(province, context.atMs) === undefined) return faultOf('ROW_PROVINCE_UNKNOWN', 'province')
  const name = findName(textOf('name'))
  if (name === undefined) return faultOf('PERSON_MISSING', 'name')
  const citizenId = findCitizenId(textOf('citizenId'))
  if (citizenId === undefined) return faultOf(citizenIdFault(textOf('citizenId')), 'citizenId')
  const account = findPerson(textOf('account'))
  if (context.isApprover && account === undefined) return faultOf('ACCOUNT_MISSING', 'account')
  const rights = rightsOfRow(textOf)
  if (rights === undefined) return faultOf('RIGHT_UNKNOWN', 'rights')
  const takesRights = !context.isApprover && (row.section === 'add' || row.section === 'change')
  if (takesRights && rights.length === 0) return faultOf('RIGHTS_MISSING', 'rights')
  const fromMs = textOf('from') === '' ? context.fromMs : findDayMs(textOf('from'))
  if (fromMs === undefined) return faultOf('DAY_MALFORMED', 'from')
  const lastDayMs = textOf('until') === '' ? null : findDayMs(textOf('until'))
  if (lastDayMs === undefined) return faultOf('DAY_MALFORMED', 'until')
  // `Đến ngày` names the last day that counts.
  const untilMs = lastDayMs === null ? null : lastDayMs + 86_400_000
  if (untilMs !== null && untilMs <= Math.max(fromMs, context.atMs)) return faultOf('PERIOD_EMPTY', 'until')
  return { row, account: account ?? '', entry: { facility, province, name, citizenId, rights, fromMs, untilMs } }
}

function findOddCell({ cells }: ImportRow<UserField>): UserRowFault | undefined {
  for (const [field, cell] of Object.entries(cells) as [UserField, ImportRow<UserField>['cells'][UserField]][]) {
    if (field === 'ordinal' || cell === undefined) continue
    if (cell.kind === 'formula') return { code: 'FORMULA', field }
    if (cell.kind === 'error') return { code: 'CELL_ERROR', field }
    if (cell.isMerged) return { code: 'MERGED_CELLS', field }
    if (cell.text.length > 300) return { code: 'TEXT_TOO_LONG', field }
  }
  return undefined
}

function facilityFault(text: string): RowErrorCode {
  if (text === '') return 'FACILITY_MISSING'
  return /^[0-9]{1,4}$/.test(text) ? 'LEADING_ZERO_LOST' : 'FACILITY_MALFORMED'
}

function citizenIdFault(text: string): UserRowErrorCode {
  if (text === '') return 'CITIZEN_ID_MISSING'
  return /^[0-9]{9,11}$/.test(text) ? 'CITIZEN_ID_SHORT' : 'CITIZEN_ID_MALFORMED'
}

/** By the words of one column, by marks in a column for each right, or by both. */
function rightsOfRow(textOf: (field: UserField) => string): readonly UserRight[] | undefined {
  const named = findRights(textOf('rights'))
  if (named === undefined) return undefined
  const marked = RIGHT_FIELDS.filter((field) => MARKS.test(textOf(field)))
  return USER_RIGHTS.filter((right) => named.includes(right) || marked.includes(right))
}
