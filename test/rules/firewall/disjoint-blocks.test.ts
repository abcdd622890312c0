import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Block } from '../../../rules/addresses/block.ts'
import { bitsOf, blockOf, covers } from '../../../rules/addresses/block-bits.ts'
import { disjointBlocks } from '../../../rules/firewall/disjoint-blocks.ts'
import type { TimedBlock } from '../../../rules/firewall/program.ts'
import { blocksFrom } from '../../support/filter-programs.ts'

describe('disjointBlocks', () => {
  it.each<[string, [string, number][], [string, number][]]>([
    [
      'keeps what does not touch',
      [
        ['20.2.0.0/24', 5],
        ['20.1.0.1', 9],
      ],
      [
        ['20.1.0.1', 9],
        ['20.2.0.0/24', 5],
      ],
    ],
    [
      'keeps the longest of the same',
      [
        ['20.1.0.1', 5],
        ['20.1.0.1', 9],
        ['20.1.0.1', 7],
      ],
      [['20.1.0.1', 9]],
    ],
    [
      'drops what a longer-lasting one covers',
      [
        ['20.1.0.1', 5],
        ['20.1.0.0/24', 9],
      ],
      [['20.1.0.0/24', 9]],
    ],
    [
      'drops what an equal one covers',
      [
        ['20.1.0.1', 9],
        ['20.1.0.0/24', 9],
      ],
      [['20.1.0.0/24', 9]],
    ],
    [
      'cuts around a longer-lasting one',
      [
        ['20.1.0.1', 9],
        ['20.1.0.0/30', 5],
      ],
      [
        ['20.1.0.0', 5],
        ['20.1.0.1', 9],
        ['20.1.0.2/31', 5],
      ],
    ],
    [
      'sorts v4 before v6',
      [
        ['2400:1::1', 1],
        ['20.1.0.1', 1],
      ],
      [
        ['20.1.0.1', 1],
        ['2400:1::1', 1],
      ],
    ],
  ])('%s', (_title, blocked, expected) => {
    expect(disjointBlocks(timed(blocked))).toEqual(timed(expected))
  })

  it('blocks every address exactly as long as the longest block that covers it, and nothing overlaps', () => {
    const block = fc.record({
      family: fc.constantFrom(4 as const, 6 as const),
      value: fc.integer({ min: 0, max: 31 }),
      cut: fc.integer({ min: 0, max: 5 }),
      remainingMs: fc.integer({ min: 1, max: 6 }),
    })
    fc.assert(
      fc.property(fc.array(block, { maxLength: 12 }), (list) => {
        const blocked = list.map(({ family, value, cut, remainingMs }) => ({
          block: smallBlock(family, value, cut),
          remainingMs,
        }))
        const result = disjointBlocks(blocked)
        for (const a of result) for (const b of result) if (a !== b) expect(covers(a.block, b.block)).toBe(false)
        for (const family of [4, 6] as const)
          for (let value = 0; value < 32; value += 1) {
            const address = smallBlock(family, value, 0)
            expect(remainingOf(result, address)).toBe(remainingOf(blocked, address))
          }
      }),
      { seed: 1, numRuns: 60 },
    )
  })
})

function timed(list: readonly [string, number][]): TimedBlock[] {
  return list.flatMap(([text, remainingMs]) => blocksFrom([text]).map((block) => ({ block, remainingMs })))
}

function remainingOf(blocked: readonly TimedBlock[], address: string): number {
  const found = blocked.filter(({ block }) => covers(block, address as Block)).map(({ remainingMs }) => remainingMs)
  return Math.max(0, ...found)
}

/** One of 32 addresses at the top of a /27 or /123, with `cut` host bits. */
function smallBlock(family: 4 | 6, value: number, cut: number): Block {
  const base = family === 4 ? 0x14010000n : bitsOf(blocksFrom(['2400:1::'])[0] as Block).value
  const width = family === 4 ? 32 : 128
  const host = (BigInt(value) >> BigInt(cut)) << BigInt(cut)
  return blockOf({ family, value: base + host, length: width - cut })
}
