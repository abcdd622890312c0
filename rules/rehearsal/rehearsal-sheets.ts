import { GATE_REASONS, type GateReason } from '../gate/gate-reason.ts'
import { provinceLabel } from '../provinces/province-names.ts'
import { portalTimeText } from '../requests/portal-time-text.ts'
import type { PlainCell, PlainColumn, PlainSheet } from './plain-sheet.ts'
import { REASON_WORDS } from './reason-words.ts'
import { type RehearsalSum, sumsBy } from './rehearsal-sums.ts'
import { busiestFirst, type RehearsedRow } from './rehearsed-row.ts'

const COUNTS: readonly PlainColumn[] = [
  { title: 'Sẽ bị từ chối / would be refused', width: 14 },
  { title: 'Đã bị từ chối / refused', width: 14 },
  { title: 'Lần đầu / first seen', width: 20 },
  { title: 'Lần cuối / last seen', width: 20 },
]
const FACILITIES: PlainColumn = { title: 'Số cơ sở / facilities', width: 12 }

const DETAILS: readonly PlainColumn[] = [
  { title: 'Lý do / reason', width: 34 },
  { title: 'Mã / code', width: 20 },
  { title: 'Tỉnh / province', width: 26 },
  { title: 'Mã CSKCB / facility', width: 12 },
  { title: 'Tài khoản / account', width: 22 },
  { title: 'Chức năng / function', width: 26 },
  { title: 'Địa chỉ IP / source', width: 20 },
  { title: 'Phần mềm / client software', width: 40 },
  ...COUNTS,
  { title: 'Phải làm gì', width: 80 },
  { title: 'What to do', width: 80 },
]

/** A rehearsal as a workbook: what to change, sums by province, facility, function and client software, and every row. */
export function rehearsalSheets(rows: readonly RehearsedRow[]): readonly PlainSheet[] {
  return [
    reasonSheet(rows),
    sumSheet('Theo tỉnh', { title: 'Tỉnh / province', width: 30 }, sumsBy(rows, provinceKey)),
    sumSheet(
      'Theo cơ sở',
      { title: 'Mã CSKCB / facility', width: 14 },
      sumsBy(rows, ({ facility }) => facility ?? '–'),
    ),
    sumSheet(
      'Theo chức năng',
      { title: 'Chức năng / function', width: 30 },
      sumsBy(rows, ({ function: called }) => called),
    ),
    sumSheet(
      'Theo phần mềm',
      { title: 'Phần mềm / client software', width: 50 },
      sumsBy(rows, ({ client }) => client || '–'),
    ),
    detailSheet(rows),
  ]
}

/** Every row, the busiest first. */
export function detailSheet(rows: readonly RehearsedRow[]): PlainSheet {
  return { name: 'Chi tiết', columns: DETAILS, rows: busiestFirst(rows).map(detailOf) }
}

/** Sums under the province whose number the row bears at its time. */
export function provinceKey({ province, lastMs }: RehearsedRow): string {
  return province === null ? '–' : provinceLabel(province, lastMs)
}

/** `2026-11-22 08:00:00`, in the portal's zone: sorts as text. */
export function sheetTime(atMs: number): string {
  return portalTimeText(atMs).slice(0, 19).replace('T', ' ')
}

function reasonSheet(rows: readonly RehearsedRow[]): PlainSheet {
  const columns = [
    { title: 'Lý do / reason', width: 34 },
    { title: 'Mã / code', width: 20 },
    FACILITIES,
    ...COUNTS,
    { title: 'Phải làm gì', width: 80 },
    { title: 'What to do', width: 80 },
  ]
  const lines = sumsBy(rows, ({ reason }) => reason).map((sum): readonly PlainCell[] => {
    const { vi, en, todoVi, todoEn } = REASON_WORDS[sum.key as GateReason]
    return [`${vi} / ${en}`, sum.key, sum.facilities, ...countsOf(sum), todoVi, todoEn]
  })
  return { name: 'Phải sửa gì', columns, rows: lines }
}

function sumSheet(name: string, column: PlainColumn, sums: readonly RehearsalSum[]): PlainSheet {
  return {
    name,
    columns: [column, FACILITIES, ...COUNTS],
    rows: sums.map((sum) => [sum.key, sum.facilities, ...countsOf(sum)]),
  }
}

function detailOf(row: RehearsedRow): readonly PlainCell[] {
  const { vi, en, todoVi, todoEn } = REASON_WORDS[row.reason]
  return [
    `${vi} / ${en}`,
    `${GATE_REASONS[row.reason].rule}: ${row.reason}`,
    row.province === null ? null : provinceKey(row),
    row.facility,
    row.account,
    row.function,
    row.source,
    row.client,
    ...countsOf(row),
    todoVi,
    todoEn,
  ]
}

function countsOf({
  would,
  refused,
  firstMs,
  lastMs,
}: Pick<RehearsalSum, 'would' | 'refused' | 'firstMs' | 'lastMs'>): PlainCell[] {
  return [would, refused, sheetTime(firstMs), sheetTime(lastMs)]
}
