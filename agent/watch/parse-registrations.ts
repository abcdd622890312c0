import { parse } from 'csv-parse/sync'
import { AddressError } from '../../rules/addresses/address-error.ts'
import { parseBlock } from '../../rules/addresses/parse-block.ts'
import type { RegisteredFacility, Registrations } from '../../rules/detect/registered-facility.ts'
import { WatchError } from './watch-error.ts'

const COLUMNS = ['facility', 'address', 'dailyVisits'] as const
/** Twenty times the largest hospital. */
const MAX_VISITS = 200_000
/** More bad rows than this are only counted. */
const MAX_NAMED = 50

/** One line of the file as csv-parse gives it. */
interface Row {
  readonly record: readonly string[]
  readonly info: { readonly lines: number }
}

/**
 * Reads `facility,address,dailyVisits`: a row for each address of a facility. Address and visits may be empty; of several numbers
 * of visits the largest counts.
 * @throws WatchError BAD_REGISTRATIONS, every bad row by row and column
 */
export function parseRegistrations(text: string): Registrations {
  const [head, ...rows] = readRows(text)
  const columns = head?.record.map((name) => name.trim())
  if (columns?.join() !== COLUMNS.join()) {
    const found = columns === undefined ? 'the file is empty' : `it has ${JSON.stringify(columns.join()).slice(0, 100)}`
    throw new WatchError('BAD_REGISTRATIONS', `row 1: the columns must be ${COLUMNS.join()}, ${found}`)
  }
  const faults: string[] = []
  const facilities = new Map<string, RegisteredFacility>()
  for (const { record, info } of rows) {
    const [facility = '', address = '', visits = ''] = record.map((field) => field.trim())
    const found = [
      ...(record.length === COLUMNS.length ? [] : [`must have ${COLUMNS.length} columns, has ${record.length}`]),
      ...(/^\d{5}$/.test(facility) ? [] : [`facility: must be five digits, is ${quoted(facility)}`]),
      ...addressFaults(address),
      ...visitsFaults(visits),
    ]
    faults.push(...found.map((fault) => `row ${info.lines}: ${fault}`))
    if (found.length === 0) addRow(facilities, facility, address, visits)
  }
  if (faults.length === 0) return facilities
  const rest = faults.length > MAX_NAMED ? [`and ${faults.length - MAX_NAMED} more`] : []
  throw new WatchError('BAD_REGISTRATIONS', [...faults.slice(0, MAX_NAMED), ...rest].join('\n'))
}

function readRows(text: string): Row[] {
  try {
    return parse(text, { bom: true, info: true, relax_column_count: true, skip_empty_lines: true }) as unknown as Row[]
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new WatchError('BAD_REGISTRATIONS', `not CSV: ${reason}`, { cause })
  }
}

function addRow(facilities: Map<string, RegisteredFacility>, code: string, address: string, visits: string): void {
  const known = facilities.get(code)
  const addresses = [...(known?.addresses ?? []), ...(address === '' ? [] : [parseBlock(address)])]
  const numbers = [known?.dailyVisits, visits === '' ? undefined : Number(visits)].filter((number) => number !== undefined)
  facilities.set(code, { addresses, dailyVisits: numbers.length === 0 ? undefined : Math.max(...numbers) })
}

function addressFaults(address: string): string[] {
  if (address === '') return []
  try {
    parseBlock(address)
    return []
  } catch (error) {
    if (!(error instanceof AddressError)) throw error
    return [`address: ${error.message} (${error.code})`]
  }
}

function visitsFaults(visits: string): string[] {
  if (visits === '' || (/^\d+(\.\d+)?$/.test(visits) && Number(visits) <= MAX_VISITS)) return []
  return [`dailyVisits: must be a number from 0 to ${MAX_VISITS}, is ${quoted(visits)}`]
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text)
}
