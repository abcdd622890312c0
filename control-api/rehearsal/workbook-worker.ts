import { parentPort, workerData } from 'node:worker_threads'
import { utils, type WorkSheet, write } from '@e965/xlsx'
import type { PlainSheet } from '../../rules/rehearsal/plain-sheet.ts'
import { rehearsalSheets } from '../../rules/rehearsal/rehearsal-sheets.ts'
import type { RehearsedRow } from '../../rules/rehearsal/rehearsed-row.ts'

/** The thread's whole life: rows in, one workbook out. */
parentPort?.postMessage(formatWorkbook(rehearsalSheets(workerData as readonly RehearsedRow[])))

/** Every text is a text cell: no formula comes of it, whatever it begins with. */
function formatWorkbook(sheets: readonly PlainSheet[]): Uint8Array {
  const book = utils.book_new()
  for (const sheet of sheets) utils.book_append_sheet(book, worksheetOf(sheet), sheet.name)
  return new Uint8Array(write(book, { type: 'buffer', bookType: 'xlsx', bookSST: true, compression: true }) as Uint8Array)
}

function worksheetOf({ columns, rows }: PlainSheet): WorkSheet {
  const sheet = utils.aoa_to_sheet([columns.map(({ title }) => title), ...rows.map((row) => [...row])], { dense: true })
  sheet['!cols'] = columns.map(({ width }) => ({ wch: width }))
  sheet['!autofilter'] = { ref: utils.encode_range({ s: { r: 0, c: 0 }, e: { r: rows.length, c: columns.length - 1 } }) }
  return sheet
}
