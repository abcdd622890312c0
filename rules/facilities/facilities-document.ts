import { AddressError } from '../addresses/address-error.ts'
import type { Block } from '../addresses/block.ts'
import { parseBlock } from '../addresses/parse-block.ts'
import { FacilitiesError } from './facilities-error.ts'

export const MAX_FACILITIES_BYTES = 128 * 1_048_576
const CHUNK_LENGTH = 64 * 1024
const HEAD = /^\{"format":"edgeward-facilities\/1","list":"([0-9a-f]{64})","rows":\[$/
const ROW = /^\["([0-9a-f.:/]{1,64})"((?:,"[0-9]{5}:[0-9]{2}")+)\],?$/

/** A facility that registered a block, with its managing province. */
export interface BlockFacility {
  readonly facility: string
  readonly province: string
}

/** Which facilities registered which block, as the agent tells the gate from the verified list. */
export interface FacilitiesDocument {
  /** SHA-256 (hex) of the list's lines that it was made from. */
  readonly list: string
  /** In the order of the list; each block once. */
  readonly rows: readonly { readonly block: Block; readonly facilities: readonly BlockFacility[] }[]
}

/**
 * The document's text from the lines of an allow document that was judged already, in pieces of about 64 KiB. Dispatch numbers stay behind.
 * @param lines all of the allow document but its header, as `AllowDocument` describes them
 */
export function* facilitiesChunks(lines: string, list: string): Generator<string> {
  let chunk = `{"format":"edgeward-facilities/1","list":"${list}","rows":[`
  let isFirst = true
  for (let from = 0; from < lines.length; ) {
    const end = lines.indexOf('\n', from)
    chunk += `${isFirst ? '\n' : ',\n'}${rowOf(lines.slice(from, end))}`
    isFirst = false
    from = end + 1
    if (chunk.length < CHUNK_LENGTH) continue
    yield chunk
    chunk = ''
  }
  yield `${chunk}\n]}\n`
}

/** The list that a document was made from, by its first line and its end alone; `undefined` where it is none, or torn. */
export function findFacilitiesList(bytes: Uint8Array): string | undefined {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const end = text.indexOf('\n')
  return text.toString('latin1', Math.max(0, text.length - 4)) === '\n]}\n'
    ? HEAD.exec(text.toString('latin1', 0, end))?.[1]
    : undefined
}

/** Reads what `facilitiesChunks` wrote and nothing else. @throws FacilitiesError */
export function parseFacilities(bytes: Uint8Array): FacilitiesDocument {
  if (bytes.length > MAX_FACILITIES_BYTES)
    throw new FacilitiesError('FACILITIES_TOO_LARGE', `Cannot take a facilities document of ${bytes.length} bytes`)
  const lines = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1').split('\n')
  const list = HEAD.exec(lines[0] ?? '')?.[1]
  if (list === undefined || lines.at(-2) !== ']}' || lines.at(-1) !== '') throw torn(1)
  const last = lines.length - 3
  return {
    list,
    rows: lines.slice(1, -2).map((line, at) => {
      const [, block, names] = ROW.exec(line) ?? []
      if (block === undefined || names === undefined || line.endsWith(',') === (at + 1 === last)) throw torn(at + 2)
      return { block: blockOf(block, at + 2), facilities: names.slice(2, -1).split('","').map(facilityOf) }
    }),
  }
}

/** `block<TAB>facility:province:dispatch[<TAB>…]` as `["block","facility:province",…]`. */
function rowOf(line: string): string {
  const [block = '', ...owners] = line.split('\t')
  const names = new Set(owners.map((owner) => owner.slice(0, 8)))
  return `["${block}",${[...names].map((name) => `"${name}"`).join(',')}]`
}

function facilityOf(text: string): BlockFacility {
  return { facility: text.slice(0, 5), province: text.slice(6) }
}

function blockOf(text: string, line: number): Block {
  try {
    return parseBlock(text)
  } catch (error) {
    if (!(error instanceof AddressError)) throw error
    throw torn(line, error)
  }
}

function torn(line: number, cause?: unknown): FacilitiesError {
  return new FacilitiesError('FACILITIES_FORM', `Cannot read a facilities document: line ${line} is not of the agreed form`, {
    cause,
  })
}
