import type { Block } from '../../rules/addresses/block.ts'
import { blockOf } from '../../rules/addresses/block-bits.ts'
import type { Seeded } from '../support/seeded.ts'

/** Addresses of a region: few enough to keep a bit of each. */
export const REGION_SIZE = 4096

/** 220.0.16.0/20 (its top bit is set, so that signed arithmetic would show) and 2405:4800::/116. */
const REGIONS = [
  { family: 4, width: 32, base: 0xdc00_1000n },
  { family: 6, width: 128, base: 0x2405_4800_0000_0000_0000_0000_0000_0000n },
] as const

/** Every address of both regions. */
export const ADDRESSES: readonly Block[] = REGIONS.flatMap(({ family, width, base }) =>
  Array.from({ length: REGION_SIZE }, (_, at) => blockOf({ family, value: base + BigInt(at), length: width })),
)

/** A block and the places in `ADDRESSES` that it covers: `from` to before `until`. */
export interface MappedBlock {
  readonly block: Block
  readonly from: number
  readonly until: number
}

/** The block of `2 ** bits` addresses that covers the place. */
export function mappedBlock(place: number, bits: number): MappedBlock {
  const size = 2 ** bits
  const from = Math.floor(place / size) * size
  const { family, width, base } = place < REGION_SIZE ? REGIONS[0] : REGIONS[1]
  const block = blockOf({ family, value: base + BigInt(from % REGION_SIZE), length: width - bits })
  return { block, from, until: from + size }
}

/** A block by chance: half are hosts, the widest has a quarter of a region. */
export function randomMappedBlock(random: Seeded): MappedBlock {
  return mappedBlock(random.below(2 * REGION_SIZE), random.below(2) === 0 ? 0 : random.below(11))
}

/** How many hold each address: one number each, no order, no masks, no trees. */
export interface AddressBitmap {
  add(block: MappedBlock): void
  remove(block: MappedBlock): void
  has(place: number): boolean
}

export function createAddressBitmap(): AddressBitmap {
  const holders = new Uint16Array(2 * REGION_SIZE)
  const change = ({ from, until }: MappedBlock, by: 1 | -1): void => {
    for (let place = from; place < until; place += 1) holders[place] = (holders[place] ?? 0) + by
  }
  return {
    add: (block) => change(block, 1),
    remove: (block) => change(block, -1),
    has: (place) => holders[place] !== 0,
  }
}
