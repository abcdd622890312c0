import { CsvError, parse } from 'csv-parse/sync'
import { ControlError } from '../http/control-error.ts'
import type { ImportLimits, Sheet } from './sheet.ts'

const DELIMITERS = [',', ';', '\t'] as const

/** Reads CSV text: UTF-8 with or without BOM, UTF-16 with BOM; comma, semicolon or tab. @throws ControlError NOT_UTF8, FILE_DAMAGED, TOO_MANY_ROWS */
export function readCsv(bytes: Buffer, limits: ImportLimits): Sheet[] {
  const { text, delimiter } = splitSeparatorLine(decode(bytes))
  const records = parseRecords(text, delimiter)
  if (records.length > limits.maxRows) {
    throw new ControlError(
      'TOO_MANY_ROWS',
      `The file has ${records.length} rows; at most ${limits.maxRows} are taken at once. Split it.`,
      {
        vi: `Tệp có ${records.length} dòng, vượt quá ${limits.maxRows}; hãy chia nhỏ.`,
      },
    )
  }
  const rows = records.map((record, index) => ({
    row: index + 1,
    cells: record.slice(0, limits.maxColumns).map((value) => {
      const trimmed = value.trim()
      return trimmed === '' ? undefined : { text: trimmed, kind: 'text' as const, isMerged: false }
    }),
  }))
  return [{ name: 'CSV', isHidden: false, rows: rows.filter((row) => row.cells.some((cell) => cell !== undefined)) }]
}

function decode(bytes: Buffer): string {
  const [first, second] = bytes
  try {
    if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le', { fatal: true }).decode(bytes)
    if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be', { fatal: true }).decode(bytes)
    // Takes the BOM away.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    throw new ControlError(
      'NOT_UTF8',
      'The text is not UTF-8. In Excel, save it as "CSV UTF-8 (Comma delimited)" and send that.',
      {
        vi: 'Tệp văn bản không phải UTF-8; trong Excel hãy lưu dạng "CSV UTF-8".',
        cause: error,
      },
    )
  }
}

/** Excel's own first line `sep=;`, else the separator that the first lines have most of. The line stays, empty, so that rows keep their numbers. */
function splitSeparatorLine(text: string): { text: string; delimiter: string } {
  const named = /^sep=([,;\t])\r?\n/i.exec(text)
  if (named?.[1] !== undefined) return { text: text.slice('sep=;'.length), delimiter: named[1] }
  const head = text.slice(0, 4000).replaceAll(/"[^"]*"/g, '')
  const counts = DELIMITERS.map((delimiter) => ({ delimiter, count: head.split(delimiter).length }))
  const most = counts.reduce((best, next) => (next.count > best.count ? next : best))
  return { text, delimiter: most.delimiter }
}

function parseRecords(text: string, delimiter: string): string[][] {
  try {
    return parse(text, { delimiter, relax_column_count: true, skip_empty_lines: false, max_record_size: 100_000 })
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    const line = 'lines' in error ? ` near line ${Number(error.lines)}` : ''
    throw new ControlError('FILE_DAMAGED', `The CSV text cannot be read${line}: a quotation mark is not closed or not doubled.`, {
      vi: `Tệp CSV không đọc được${line.replace('near line', 'gần dòng')}: dấu ngoặc kép không khớp.`,
      cause: error,
    })
  }
}
