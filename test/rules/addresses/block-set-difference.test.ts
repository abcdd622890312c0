import { describe, expect, it } from 'vitest'
import type { BlockSet } from '../../../rules/addresses/block-set.ts'
import { differenceOf } from '../../../rules/addresses/block-set-difference.ts'
import { EMPTY_BLOCK_SET } from '../../../rules/addresses/create-block-set.ts'
import { createSeeded } from '../../support/seeded.ts'

const COUNT = 20_000
const host4 = Uint32Array.from({ length: COUNT }, (_, i) => 0x14000000 + 3 * i)
const full: BlockSet = {
  host4,
  net4: Uint32Array.from({ length: COUNT }, (_, i) => 0x80000000 + 256 * i),
  net4Length: new Uint8Array(COUNT).fill(24),
  host6: BigUint64Array.from({ length: 2 * COUNT }, (_, i) => (i % 2 === 0 ? 0x2400n << 48n : BigInt(i))),
  net6: BigUint64Array.from({ length: 2 * COUNT }, (_, i) => (i % 2 === 0 ? (0x2401n << 48n) + (BigInt(i) << 16n) : 0n)),
  net6Length: new Uint8Array(COUNT).fill(48),
}

/** Long lists are compared piece by piece from both ends: places around the edges of pieces, and anywhere. */
const random = createSeeded(4096)
const PLACES = [0, 1, 4095, 4096, 4097, 8191, 8192, COUNT - 4097, COUNT - 4096, COUNT - 2, COUNT - 1].concat(
  Array.from({ length: 20 }, () => random.below(COUNT)),
)

describe('differenceOf long lists', () => {
  it.each(PLACES)('finds the one element missing at place %i, both ways', (place) => {
    const less: BlockSet = {
      host4: host4.filter((_, i) => i !== place),
      net4: full.net4.filter((_, i) => i !== place),
      net4Length: full.net4Length.filter((_, i) => i !== place),
      host6: full.host6.filter((_, i) => i >> 1 !== place),
      net6: full.net6.filter((_, i) => i >> 1 !== place),
      net6Length: full.net6Length.filter((_, i) => i !== place),
    }
    const missing: BlockSet = {
      host4: Uint32Array.of(host4[place] ?? 0),
      net4: Uint32Array.of(full.net4[place] ?? 0),
      net4Length: Uint8Array.of(24),
      host6: full.host6.slice(2 * place, 2 * place + 2),
      net6: full.net6.slice(2 * place, 2 * place + 2),
      net6Length: Uint8Array.of(48),
    }
    expect(differenceOf(full, less)).toEqual({ added: EMPTY_BLOCK_SET, removed: missing })
    expect(differenceOf(less, full)).toEqual({ added: missing, removed: EMPTY_BLOCK_SET })
  })

  it('takes a prefix of another length for another element', () => {
    const net4Length = full.net4Length.slice()
    net4Length[7000] = 25
    const { added, removed } = differenceOf(full, { ...full, net4Length })
    expect([[...added.net4Length], [...removed.net4Length]]).toEqual([[25], [24]])
    expect([...added.net4]).toEqual([...removed.net4])
  })

  it('finds nothing between a list and its copy', () => {
    const copy = { ...full, host4: host4.slice(), host6: full.host6.slice() }
    expect(differenceOf(full, copy)).toEqual({ added: EMPTY_BLOCK_SET, removed: EMPTY_BLOCK_SET })
  })
})
