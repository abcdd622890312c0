import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { Block } from '../../../rules/addresses/block.ts'
import { bitsOf, compareBlocks, covers, sortBlocks } from '../../../rules/addresses/block-bits.ts'
import type { BlockSet } from '../../../rules/addresses/block-set.ts'
import { coverageOf } from '../../../rules/addresses/block-set-coverage.ts'
import { differenceOf } from '../../../rules/addresses/block-set-difference.ts'
import { blockSetChunks, blocksOf, countOf, digestOf } from '../../../rules/addresses/block-set-lines.ts'
import { hasAddress } from '../../../rules/addresses/block-set-lookup.ts'
import { createBlockSet, EMPTY_BLOCK_SET } from '../../../rules/addresses/create-block-set.ts'
import { parseBlock } from '../../../rules/addresses/parse-block.ts'
import { placedBlock, UNIVERSE } from '../../support/block-universe.ts'
import { codeOf } from '../../support/code-of.ts'
import { createSeeded, type Seeded } from '../../support/seeded.ts'

const setOf = (...texts: string[]): BlockSet => createBlockSet(texts.map(parseBlock))
const linesOf = (set: BlockSet): string[] => [...blocksOf(set)]

describe('createBlockSet', () => {
  it('puts hosts and prefixes of each family apart, sorted', () => {
    expect(setOf('8.8.8.9', '2405:4800::/32', '128.0.0.1', '2001:4860::8', '8.8.4.0/24', '8.8.8.8')).toEqual({
      host4: Uint32Array.of(0x0808_0808, 0x0808_0809, 0x8000_0001),
      net4: Uint32Array.of(0x0808_0400),
      net4Length: Uint8Array.of(24),
      host6: BigUint64Array.of(0x2001_4860_0000_0000n, 8n),
      net6: BigUint64Array.of(0x2405_4800_0000_0000n, 0n),
      net6Length: Uint8Array.of(32),
    })
  })

  it.each([
    [['8.8.8.8', '8.8.8.8'], ['8.8.8.8'], 'a duplicate'],
    [['8.8.8.8', '8.8.8.0/24', '8.8.9.0'], ['8.8.8.0/24', '8.8.9.0'], 'a host under a prefix'],
    [['8.8.8.0/24', '8.8.0.0/16', '8.8.255.0/24'], ['8.8.0.0/16'], 'a prefix under a prefix of another address'],
    [['8.8.0.0/24', '8.8.0.0/16'], ['8.8.0.0/16'], 'a prefix under a prefix of the same address'],
    [['8.8.8.0/25', '8.8.8.128/25'], ['8.8.8.0/25', '8.8.8.128/25'], 'neighbours are not merged'],
    [['8.8.8.8', '8.8.8.9'], ['8.8.8.8', '8.8.8.9'], 'neighbours are not merged'],
    [['0.0.0.0/0', '255.255.255.255', '::'], ['0.0.0.0/0', '::'], 'all of a family'],
    [['::/0', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '0.0.0.0'], ['0.0.0.0', '::/0'], 'all of a family'],
    [['2405::/64', '2405::1', '2405:0:0:1::'], ['2405::/64', '2405:0:0:1::'], 'v6 host under a prefix'],
    [['2405::/63', '2405:0:0:1::/64', '2405:0:0:2::/65'], ['2405::/63', '2405:0:0:2::/65'], 'v6 prefix under a prefix'],
    [['255.255.255.254/31', '255.255.255.255'], ['255.255.255.254/31'], 'the end of v4'],
  ])('%j becomes %j: %s', (texts, expected) => {
    expect(linesOf(setOf(...texts))).toEqual(expected)
    expect(linesOf(setOf(...texts.toReversed()))).toEqual(expected)
  })

  it('refuses a text that no parser gave', () => {
    expect(codeOf(() => createBlockSet(['8.8.8.8/32' as Block]))).toBe('NOT_CANONICAL')
  })

  it('agrees with a naive oracle for seeded lists', () => {
    const random = createSeeded(1)
    for (let round = 0; round < 400; round += 1) {
      const blocks = someBlocks(random)
      const set = createBlockSet(blocks)
      const expected = sortBlocks(new Set(blocks)).filter(
        (block) => !blocks.some((other) => other !== block && covers(other, block)),
      )
      expect(linesOf(set)).toEqual(expected)
      expect(countOf(set)).toBe(expected.length)
    }
  })
})

describe('blocksOf, blockSetChunks and digestOf', () => {
  it('give the lines in the order of compareBlocks, in pieces of at most 64 KiB', () => {
    const random = createSeeded(2)
    const blocks = Array.from({ length: 30_000 }, () =>
      parseBlock(`${1 + random.below(200)}.${random.below(256)}.${random.below(256)}.${random.below(256)}`),
    )
    const set = createBlockSet(blocks)
    const lines = linesOf(set)
    expect(lines).toEqual(sortBlocks(new Set(blocks)))
    const chunks = [...blockSetChunks(set)]
    expect(chunks.join('')).toBe(lines.map((line) => `${line}\n`).join(''))
    expect(Math.max(...chunks.map((chunk) => chunk.length))).toBeLessThanOrEqual(65_536)
    expect(chunks.length).toBeGreaterThan(3)
    expect(digestOf(set)).toBe(createHash('sha256').update(chunks.join('')).digest('hex'))
  })

  it('digestOf knows the empty set as SHA-256 of nothing', () => {
    expect(digestOf(EMPTY_BLOCK_SET)).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
    expect(countOf(EMPTY_BLOCK_SET)).toBe(0)
  })
})

describe('hasAddress', () => {
  it('agrees with a walk over all elements for seeded lists, hosts and prefixes asked', () => {
    const random = createSeeded(3)
    for (let round = 0; round < 60; round += 1) {
      const set = createBlockSet(someBlocks(random))
      const elements = linesOf(set) as Block[]
      const asked = [...UNIVERSE, ...someBlocks(random), parseBlock('0.0.0.0'), parseBlock('ffff::')]
      for (const block of asked)
        expect([block, hasAddress(set, block)]).toEqual([block, elements.some((element) => covers(element, block))])
    }
  })

  it('finds nothing in the empty set', () => {
    expect(hasAddress(EMPTY_BLOCK_SET, parseBlock('0.0.0.0'))).toBe(false)
    expect(hasAddress(EMPTY_BLOCK_SET, parseBlock('::'))).toBe(false)
  })
})

describe('differenceOf', () => {
  it('names exact elements: deleted and added, they make the second set of the first, for seeded lists', () => {
    const random = createSeeded(4)
    for (let round = 0; round < 400; round += 1) {
      const from = someBlocks(random)
      const to = [...from.filter(() => random.below(3) > 0), ...someBlocks(random).slice(0, 3)]
      const [before, after] = [createBlockSet(from), createBlockSet(to)]
      const { added, removed } = differenceOf(before, after)
      const kernel = new Set(linesOf(before))
      for (const block of linesOf(removed)) expect(kernel.delete(block)).toBe(true)
      for (const block of linesOf(added)) expect(kernel.has(block) || !kernel.add(block)).toBe(false)
      expect([...kernel].toSorted((a, b) => compareBlocks(a as Block, b as Block))).toEqual(linesOf(after))
    }
  })

  it('brings back what a cover hid when the cover goes', () => {
    const { added, removed } = differenceOf(setOf('8.8.8.0/24', '8.8.8.8'), setOf('8.8.8.8'))
    expect([linesOf(added), linesOf(removed)]).toEqual([['8.8.8.8'], ['8.8.8.0/24']])
  })

  it('takes a prefix of another length for another element', () => {
    const { added, removed } = differenceOf(setOf('8.8.8.0/24', '2405::/64'), setOf('8.8.8.0/25', '2405::/65'))
    expect([linesOf(added), linesOf(removed)]).toEqual([
      ['8.8.8.0/25', '2405::/65'],
      ['8.8.8.0/24', '2405::/64'],
    ])
  })
})

describe('coverageOf', () => {
  it('adds up addresses and /48 networks and finds the widest prefix', () => {
    expect(coverageOf(setOf('8.8.8.8', '8.8.4.0/24', '9.0.0.0/16', '2405::/47', '2406::/49'))).toEqual({
      addresses4: 1 + 256 + 65_536,
      networks6: 2.5,
      minLength4: 16,
      minLength6: 47,
    })
    expect(coverageOf(EMPTY_BLOCK_SET)).toEqual({ addresses4: 0, networks6: 0, minLength4: 32, minLength6: 128 })
  })

  it('counts the addresses that the universe counts', () => {
    const random = createSeeded(5)
    for (let round = 0; round < 50; round += 1) {
      const set = createBlockSet(someBlocks(random))
      const open = UNIVERSE.filter((address) => bitsOf(address).family === 4 && hasAddress(set, address)).length
      expect(coverageOf(set).addresses4).toBe(open)
    }
  })
})

function someBlocks(random: Seeded): Block[] {
  return Array.from({ length: random.below(25) }, () => placedBlock(random).block)
}
