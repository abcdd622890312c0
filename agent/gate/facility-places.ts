import type { Block } from '../../rules/addresses/block.ts'
import {
  type BlockWords,
  compareWords,
  createBlockWords,
  readBlockWords,
  textOfWords,
  wordsCover,
} from '../../rules/addresses/block-words.ts'
import type { FacilitiesDocument } from '../../rules/facilities/facilities-document.ts'
import type { GateFacilities } from '../../rules/gate/gate-state.ts'

/** Every code of five digits. */
const CODES = 100_000
const NO_PROVINCE = 255
/** Added to the prefix length of IPv6. */
const V6 = 64

/** Blocks by facility: those of facility `c` stand from `starts[c]` up to `starts[c + 1]`, in the order of lists. */
interface PackedBlocks {
  readonly starts: Uint32Array
  /** Four for each block; v4 has its address in the first. */
  readonly words: Uint32Array
  /** Prefix length of each; of IPv6 64 more. */
  readonly lengths: Uint8Array
}

/** Which addresses each facility registered, in memory that threads share: handing it over takes no time, however long the list is. */
export interface PackedPlaces {
  /** As the document says it. */
  readonly list: string
  readonly provinces: Uint8Array
  readonly hosts: PackedBlocks
  readonly prefixes: PackedBlocks
}

/** The same, to be asked. */
export interface FacilityPlaces extends GateFacilities {
  /** What it was made from, made anew: a long list takes long. */
  document(): FacilitiesDocument
}

type Rows = FacilitiesDocument['rows']

/** Packs a document: 17 bytes for each block of each facility, and 900 KB. */
export function packPlaces({ list, rows }: FacilitiesDocument): PackedPlaces {
  const provinces = shared(Uint8Array, CODES).fill(NO_PROVINCE)
  for (const { facilities } of rows)
    for (const { facility, province } of facilities) provinces[Number(facility)] = Number(province)
  const sorted = inOrder(rows)
  return {
    list,
    provinces,
    hosts: pack(sorted.filter(({ block }) => !block.includes('/'))),
    prefixes: pack(sorted.filter(({ block }) => block.includes('/'))),
  }
}

export function createFacilityPlaces(document: FacilitiesDocument): FacilityPlaces {
  return openPlaces(packPlaces(document))
}

export function openPlaces({ list, provinces, hosts, prefixes }: PackedPlaces): FacilityPlaces {
  const asked = createBlockWords()
  const held = createBlockWords()

  function hasHost(facility: number): boolean {
    let low = startOf(hosts, facility)
    let high = startOf(hosts, facility + 1) - 1
    while (low <= high) {
      const middle = (low + high) >>> 1
      readPacked(hosts, middle, held)
      const order = compareWords(asked, held)
      if (order === 0) return true
      if (order > 0) low = middle + 1
      else high = middle - 1
    }
    return false
  }

  /** A facility has few prefixes of its own. */
  function hasPrefix(facility: number): boolean {
    const end = startOf(prefixes, facility + 1)
    for (let at = startOf(prefixes, facility); at < end; at += 1) {
      readPacked(prefixes, at, held)
      if (wordsCover(held, asked)) return true
    }
    return false
  }

  function provinceOf(facility: string): string | undefined {
    const province = provinces[Number(facility)] ?? NO_PROVINCE
    return province === NO_PROVINCE ? undefined : String(province).padStart(2, '0')
  }

  return {
    isOwner(facility, ip) {
      if (!readBlockWords(ip, 0, ip.length, asked)) return false
      return hasHost(Number(facility)) || hasPrefix(Number(facility))
    },
    provinceOf,
    document() {
      const owners = new Map<Block, { facility: string; province: string }[]>()
      for (const packed of [hosts, prefixes]) {
        for (let code = 0; code < CODES; code += 1) {
          for (let at = startOf(packed, code); at < startOf(packed, code + 1); at += 1) {
            readPacked(packed, at, held)
            const block = textOfWords(held)
            const facility = String(code).padStart(5, '0')
            const all = owners.get(block) ?? []
            owners.set(block, all)
            all.push({ facility, province: provinceOf(facility) ?? '' })
          }
        }
      }
      return { list, rows: [...owners].map(([block, facilities]) => ({ block, facilities })) }
    },
  }
}

function wordsOf(block: Block): BlockWords {
  const words = createBlockWords()
  readBlockWords(block, 0, block.length, words)
  return words
}

function pack(rows: Rows): PackedBlocks {
  const starts = shared(Uint32Array, CODES + 1)
  for (const { facilities } of rows) for (const { facility } of facilities) (starts[Number(facility) + 1] as number) += 1
  for (let code = 0; code < CODES; code += 1) (starts[code + 1] as number) += starts[code] as number
  const count = starts[CODES] as number
  const words = shared(Uint32Array, 4 * count)
  const lengths = shared(Uint8Array, count)
  const next = starts.slice()
  for (const { block, facilities } of rows) {
    const read = wordsOf(block)
    for (const { facility } of facilities) {
      const at = next[Number(facility)] as number
      next[Number(facility)] = at + 1
      words.set(read.family === 4 ? read.words.subarray(0, 1) : read.words, 4 * at)
      lengths[at] = read.family === 4 ? read.length : read.length + V6
    }
  }
  return { starts, words, lengths }
}

/** A list is in order already unless somebody else wrote it. */
function inOrder(rows: Rows): Rows {
  const before = createBlockWords()
  const isInOrder = rows.every(({ block }) => {
    const read = wordsOf(block)
    const isAfter = compareWords(read, before) >= 0
    before.family = read.family
    before.length = read.length
    before.words.set(read.words)
    return isAfter
  })
  return isInOrder ? rows : rows.toSorted((a, b) => compareWords(wordsOf(a.block), wordsOf(b.block)))
}

function startOf({ starts }: PackedBlocks, facility: number): number {
  return starts[facility] ?? 0
}

function readPacked({ words, lengths }: PackedBlocks, at: number, into: BlockWords): void {
  const length = lengths[at] as number
  into.family = length >= V6 ? 6 : 4
  into.length = length >= V6 ? length - V6 : length
  for (let word = 0; word < 4; word += 1) into.words[word] = words[4 * at + word] as number
}

function shared<A>(Kind: { readonly BYTES_PER_ELEMENT: number; new (buffer: SharedArrayBuffer): A }, length: number): A {
  return new Kind(new SharedArrayBuffer(length * Kind.BYTES_PER_ELEMENT))
}
