import { describe, expect, it } from 'vitest'
import type { Block } from '../../../rules/addresses/block.ts'
import { bitsOf, blockOf, compareBlocks, covers, sortBlocks } from '../../../rules/addresses/block-bits.ts'
import { parseBlock } from '../../../rules/addresses/parse-block.ts'
import { addressText } from '../../support/address-texts.ts'
import { codeOf } from '../../support/code-of.ts'
import { createSeeded } from '../../support/seeded.ts'

describe('bitsOf and blockOf', () => {
  it.each([
    ['0.0.0.0/0', { family: 4, value: 0n, length: 0 }],
    ['128.0.0.1', { family: 4, value: 0x8000_0001n, length: 32 }],
    ['8.8.8.0/24', { family: 4, value: 0x0808_0800n, length: 24 }],
    ['::/0', { family: 6, value: 0n, length: 0 }],
    ['2001:db8::ffff', { family: 6, value: 0x2001_0db8_0000_0000_0000_0000_0000_ffffn, length: 128 }],
    ['8000::/1', { family: 6, value: 1n << 127n, length: 1 }],
  ] as const)('%s', (text, bits) => {
    expect(bitsOf(parseBlock(text))).toEqual(bits)
    expect(blockOf(bits)).toBe(text)
  })

  it('undo each other for seeded blocks', () => {
    for (const block of someBlocks(5_000)) expect(blockOf(bitsOf(block))).toBe(block)
  })

  it.each([
    [{ family: 4, value: 1n, length: 31 }, 'HOST_BITS'],
    [{ family: 6, value: 1n << 63n, length: 64 }, 'HOST_BITS'],
    [{ family: 4, value: 0n, length: 33 }, 'LENGTH_OUT_OF_RANGE'],
    [{ family: 4, value: 0n, length: 1.5 }, 'LENGTH_OUT_OF_RANGE'],
    [{ family: 6, value: 0n, length: -1 }, 'LENGTH_OUT_OF_RANGE'],
    [{ family: 4, value: 1n << 32n, length: 32 }, 'ADDRESS_OUT_OF_RANGE'],
    [{ family: 6, value: -1n, length: 128 }, 'ADDRESS_OUT_OF_RANGE'],
  ] as const)('blockOf refuses %o by %s', (bits, code) => {
    expect(codeOf(() => blockOf(bits))).toBe(code)
  })

  it.each(['8.8.8.8/32', '2001:DB8::1', '08.8.8.8', '', '8.8.8.8\n'])('bitsOf refuses %j, which no parser gave', (text) => {
    expect(codeOf(() => bitsOf(text as Block))).toBe('NOT_CANONICAL')
  })
})

describe('compareBlocks and covers', () => {
  it('orders v4 before v6, by address, the wider prefix first', () => {
    const inOrder = [
      '0.0.0.0/0',
      '8.8.8.0/24',
      '8.8.8.0/25',
      '8.8.8.0',
      '8.8.8.1',
      '128.0.0.0',
      '::/0',
      '::',
      '2001:db8::/32',
      '2001:db8::',
      'ffff::',
    ]
    const blocks = inOrder.map(parseBlock)
    expect(blocks.toReversed().toSorted(compareBlocks)).toEqual(blocks)
    expect(sortBlocks(blocks.toReversed())).toEqual(blocks)
  })

  it('agree with the numbers for seeded pairs', () => {
    const blocks = someBlocks(120)
    for (const a of blocks) {
      for (const b of blocks) {
        const [x, y] = [bitsOf(a), bitsOf(b)]
        const order = x.family - y.family || Number(x.value > y.value) - Number(x.value < y.value) || x.length - y.length
        expect(Math.sign(compareBlocks(a, b))).toBe(Math.sign(order))
        const shift = BigInt((x.family === 4 ? 32 : 128) - x.length)
        expect(covers(a, b)).toBe(x.family === y.family && x.length <= y.length && x.value >> shift === y.value >> shift)
      }
    }
  })
})

function someBlocks(count: number): Block[] {
  const random = createSeeded(6890)
  const blocks: Block[] = []
  while (blocks.length < count) {
    const text = addressText(random)
    if (codeOf(() => parseBlock(text)) === undefined) blocks.push(parseBlock(text))
  }
  return blocks
}
