import { GATE_REASONS, type GateReason } from '../gate/gate-reason.ts'
import { portalTimeText } from '../requests/portal-time-text.ts'
import type { PlainCell, PlainColumn, PlainSheet } from './plain-sheet.ts'
import { provinceWords } from './province-words.ts'
import { REASON_WORDS } from './reason-words.ts'
import { type RehearsalSum, sumsBy } from './rehearsal-sums.ts'
import { busiestFirst, clientWords, type RehearsedRow } from './rehearsed-row.ts'

/** What the two counts of a row are called: what a gate did, or what a policy would have done with logs of the past. */
export const COUNT_WORDS = {
  gate: {
    would: { vi: 'Sẽ bị từ chối', en: 'Would be refused' },
    refused: { vi: 'Đã bị từ chối', en: 'Were refused' },
  },
  logs: {
    would: { vi: 'Chỉ được nhắc trước', en: 'Rehearsed only' },
    refused: { vi: 'Bị từ chối', en: 'Refused' },
  },
} as const
/** Where the counts come from. */
export type CountKind = keyof typeof COUNT_WORDS

const countColumns = (kind: CountKind): readonly PlainColumn[] => [
  ...[COUNT_WORDS[kind].would, COUNT_WORDS[kind].refused].map(({ vi, en }) => ({
    title: `${vi} / ${en.toLowerCase()}`,
    width: 14,
  })),
  { title: 'Lần đầu / first seen', width: 20 },
  { title: 'Lần cuối / last seen', width: 20 },
]
const FACILITIES: PlainColumn = { title: 'Số cơ sở / facilities', width: 12 }

const detailColumns = (kind: CountKind): readonly PlainColumn[] => [
  { title: 'Lý do / reason', width: 34 },
  { title: 'Mã / code', width: 20 },
  { title: 'Tỉnh / province', width: 26 },
  { title: 'Mã CSKCB / facility', width: 12 },
  { title: 'Tài khoản / account', width: 22 },
  { title: 'Chức năng / function', width: 26 },
  { title: 'Địa chỉ IP / source', width: 20 },
  { title: 'Phần mềm / client software', width: 40 },
  ...countColumns(kind),
  { title: 'Phải làm gì', width: 80 },
  { title: 'What to do', width: 80 },
]

/** A rehearsal as a workbook: what to change, sums by province, facility, function and client software, and every row. */
export function rehearsalSheets(rows: readonly RehearsedRow[], kind: CountKind = 'gate'): readonly PlainSheet[] {
  const sumSheet = (name: string, column: PlainColumn, keyOf: (row: RehearsedRow) => string): PlainSheet => ({
    name,
    columns: [column, FACILITIES, ...countColumns(kind)],
    rows: sumsBy(rows, keyOf).map((sum) => [sum.key, sum.facilities, ...countsOf(sum)]),
  })
  return [
    reasonSheet(rows, kind),
    sumSheet('Theo tỉnh', { title: 'Tỉnh / province', width: 30 }, provinceKey),
    sumSheet('Theo cơ sở', { title: 'Mã CSKCB / facility', width: 14 }, ({ facility }) => facility ?? '–'),
    sumSheet('Theo chức năng', { title: 'Chức năng / function', width: 30 }, ({ function: called }) => called),
    sumSheet('Theo phần mềm', { title: 'Phần mềm / client software', width: 50 }, clientWords),
    detailSheet(rows, kind),
  ]
}

/** Every row, the busiest first. */
export function detailSheet(rows: readonly RehearsedRow[], kind: CountKind = 'gate'): PlainSheet {
  return { name: 'Chi tiết', columns: detailColumns(kind), rows: busiestFirst(rows).map(detailOf) }
}

/** The province of a row, as it was called at that time. */
export function provinceKey({ province, lastMs }: RehearsedRow): string {
  return province === null ? '–' : provinceWords(province, lastMs)
}

/** `2026-11-22 08:00:00`, in the portal's zone: sorts as text. */
export function sheetTime(atMs: number): string {
  return portalTimeText(atMs).slice(0, 19).replace('T', ' ')
}

function reasonSheet(rows: readonly RehearsedRow[], kind: CountKind): PlainSheet {
  const columns = [
    { title: 'Lý do / reason', width: 34 },
    { title: 'Mã / code', width: 20 },
    FACILITIES,
    ...countColumns(kind),
    { title: 'Phải làm gì', width: 80 },
    { title: 'What to do', width: 80 },
  ]
  const lines = sumsBy(rows, ({ reason }) => reason).map((sum): readonly PlainCell[] => {
    const { vi, en, todoVi, todoEn } = REASON_WORDS[sum.key as GateReason]
    return [`${vi} / ${en}`, sum.key, sum.facilities, ...countsOf(sum), todoVi, todoEn]
  })
  return { name: 'Phải sửa gì', columns, rows: lines }
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
    clientWords(row),
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
