import type { Block } from '../../rules/addresses/block.ts'
import { blockOf } from '../../rules/addresses/block-bits.ts'
import type { Seeded } from './seeded.ts'

const CELLS = 64

/** A region is 64 equal cells, `2 ** step` addresses each. */
const REGIONS = [
  // The top bit is set, so that signed arithmetic would show.
  { family: 4, width: 32, base: 0xdc00_1040n, step: 0 },
  { family: 6, width: 128, base: 0x2405_4800_0000_0001_ffff_ffff_ffff_ffc0n, step: 0 },
  // Prefixes of /61 to /67: both sides of the border between the two words of an address.
  { family: 6, width: 128, base: 0x2405_4800_0000_00a8_0000_0000_0000_0000n, step: 61 },
] as const

/** The first address of each cell: small enough to ask about every one, so that an oracle can be naive. */
export const UNIVERSE: readonly Block[] = REGIONS.flatMap(({ family, width, base, step }) =>
  Array.from({ length: CELLS }, (_, cell) => blockOf({ family, value: base + (BigInt(cell) << BigInt(step)), length: width })),
)

/** A block inside the universe, hosts and prefixes of many lengths, and where it lies: positions `from` to before `until` of `UNIVERSE`. */
export interface PlacedBlock {
  readonly block: Block
  readonly from: number
  readonly until: number
}

/** A block by chance; narrow ones are the most. */
export function placedBlock(random: Seeded): PlacedBlock {
  const place = random.below(REGIONS.length)
  const region = REGIONS[place] ?? REGIONS[0]
  const bits = random.below(3) === 0 ? random.below(7) : random.below(2)
  const size = 2 ** bits
  const cell = random.below(CELLS / size) * size
  const value = region.base + (BigInt(cell) << BigInt(region.step))
  const block = blockOf({ family: region.family, value, length: region.width - region.step - bits })
  const from = place * CELLS + cell
  return { block, from, until: from + size }
}
