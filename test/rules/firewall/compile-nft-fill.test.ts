import { describe, expect, it } from 'vitest'
import { compileNftFirst, compileNftRefill } from '../../../rules/firewall/compile-nft-staged.ts'
import type { NftBatch } from '../../../rules/firewall/nft-messages.ts'
import { aProgram, blocksFrom } from '../../support/filter-programs.ts'

const NEW_SET = 0x0a09
const NEW_ELEMENT = 0x0a0c
const NAMES = new Map([
  [0x10, 'begin'],
  [0x11, 'end'],
  [0x0a00, 'new table'],
  [0x0a02, 'delete table'],
  [0x0a03, 'new chain'],
  [0x0a05, 'delete chain'],
  [NEW_SET, 'new set'],
  [0x0a0b, 'delete set'],
  [NEW_ELEMENT, 'new element'],
])

interface Message {
  readonly type: number
  readonly flags: number
  /** Behind both heads. */
  readonly body: Uint8Array
}

function messagesOf({ bytes }: NftBatch): readonly Message[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const found: Message[] = []
  for (let at = 0; at < bytes.length; at += view.getUint32(at, true)) {
    const end = at + view.getUint32(at, true)
    found.push({ type: view.getUint16(at + 4, true), flags: view.getUint16(at + 6, true), body: bytes.subarray(at + 20, end) })
  }
  return found
}

interface Attribute {
  readonly type: number
  readonly value: Uint8Array
}

function attributesOf(bytes: Uint8Array): readonly Attribute[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const found: Attribute[] = []
  for (let at = 0; at < bytes.length; at += (view.getUint16(at, true) + 3) & ~3)
    found.push({ type: view.getUint16(at + 2, true), value: bytes.subarray(at + 4, at + view.getUint16(at, true)) })
  return found
}

const textOf = ({ value }: Attribute): string => Buffer.from(value).toString('latin1').replace('\0', '')
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const stepsOf = (batch: NftBatch): readonly string[] => messagesOf(batch).map(({ type }) => NAMES.get(type) ?? String(type))

/** Each element of a set, in hex. */
function elementsOf(batch: NftBatch, set: string): readonly string[] {
  return messagesOf(batch)
    .filter(({ type }) => type === NEW_ELEMENT)
    .map(({ body }) => attributesOf(body))
    .filter(([, name]) => name !== undefined && textOf(name) === set)
    .flatMap(([, , list]) => attributesOf(list?.value ?? new Uint8Array()).map(({ value }) => hexOf(value)))
}

const key4 = (address: string): string => `0c000180${'08000100'}${address}`
const key6 = (address: string): string => `18000180${'14000100'}${address}`
const END = '0800030000000001'
const OPEN = '0a000600010401000000' + '0000'
const time = (ms: number): string => `0c000400${ms.toString(16).padStart(16, '0')}`

const SMALL = aProgram({
  approve: ['20.1.0.1', '200.1.0.2', '20.2.0.0/24', '20.2.1.0/24', '2400:1::1', '2400:2::/48'],
  manage: ['0.0.0.0/8', '10.0.0.7', '224.0.0.0/3', 'ff00::/8'],
  opened: blocksFrom(['0.0.0.0/0']).map((block) => ({ block, remainingMs: 5000 })),
  blocked: blocksFrom(['20.9.0.0/16', '20.9.0.1']).map((block, i) => ({ block, remainingMs: 0x1_0000_0000 + i })),
})

describe('compileNftFirst, as messages', () => {
  const batch = compileNftFirst(SMALL).fill({})

  it.each<[string, readonly string[], string]>([
    ['host4', [key4('14010001'), key4('c8010002')], 'hosts have a key and nothing else'],
    ['host6', [key6('24000001000000000000000000000001')], 'the words of IPv6 in their order'],
    [
      'net4',
      [END + key4('00000000'), key4('14020000'), END + key4('14020100'), key4('14020100'), END + key4('14020200')],
      'neighbours are not merged, and an end stands before the first',
    ],
    [
      'net6',
      [
        END + key6('00000000000000000000000000000000'),
        key6('24000002000000000000000000000000'),
        END + key6('24000002000100000000000000000000'),
      ],
      'the end is that of the prefix',
    ],
    [
      'mgmt4',
      [key4('00000000'), END + key4('01000000'), key4('0a000007'), END + key4('0a000008'), `${key4('e0000000')}${OPEN}`],
      'hosts and prefixes in one order; what begins at 0 needs no end before it, what reaches the last address has none',
    ],
    ['mgmt6', [END + key6('0'.repeat(32)), `${key6('ff'.padEnd(32, '0'))}${OPEN}`], 'the same of IPv6'],
    ['open4', [`${time(5000)}${key4('00000000')}${OPEN}`], 'everybody, for a while'],
    [
      'block4',
      [
        END + key4('00000000'),
        time(0x1_0000_0000) + key4('14090000'),
        END + key4('14090001'),
        time(0x1_0000_0001) + key4('14090001'),
        END + key4('14090002'),
      ],
      'a time stands at the beginning only, and may need more than 32 bits',
    ],
    ['block6', [], 'an empty set has no message'],
  ])('writes the elements of %s as nft does', (set, expected) => {
    const found = elementsOf(batch, set)
    expect(found.slice(0, expected.length)).toEqual(expected)
    if (set !== 'block4') expect(found).toHaveLength(expected.length)
  })

  it('declares sets as nft does', () => {
    const sets = messagesOf(batch).filter(({ type }) => type === NEW_SET)
    expect(hexOf(sets[0]?.body ?? new Uint8Array())).toBe(
      [
        '0d000100656467657761726400000000',
        '0a000200686f737434000000',
        '0800030000000000',
        '0800040000000007',
        '0800050000000004',
        '08000a0000000001',
        '0c0009800800010000010000',
        '0a000d000004020000000000',
      ].join(''),
    )
    expect(sets).toHaveLength(10)
  })

  it('makes a table only where there is none, or in place of the one that was seen', () => {
    expect(stepsOf(batch).slice(0, 4)).toEqual(['begin', 'new table', 'new chain', 'new set'])
    const [, table] = messagesOf(batch)
    // NLM_F_REQUEST | NLM_F_EXCL | NLM_F_CREATE
    expect(table?.flags).toBe(0x601)
    const over = messagesOf(compileNftFirst(SMALL, 7).fill({}))[1]
    expect([over?.type, hexOf(over?.body ?? new Uint8Array())]).toEqual([0x0a02, '0c0004000000000000000007'])
  })

  it('names a chain that comes and goes, for those who listen', () => {
    const marked = compileNftFirst(SMALL).fill({ mark: 'own-1' })
    expect(stepsOf(marked).slice(1, 5)).toEqual(['new table', 'new chain', 'new chain', 'delete chain'])
  })

  it('asks for one answer, to the last message before the end', () => {
    const all = messagesOf(batch)
    expect(all.filter(({ flags }) => (flags & 4) !== 0)).toEqual([all.at(-2)])
    expect(batch.answered).toBe(all.length - 1)
    expect(batch.judged).toHaveLength(batch.bytes.length - 20)
  })

  it('splits what is more than an attribute holds, and needs no more memory than it took at first', () => {
    const many = aProgram({
      approve: [
        ...Array.from({ length: 9000 }, (_, i) => `20.9.${i >> 8}.${i & 255}`),
        ...Array.from({ length: 3000 }, (_, i) => `2400:1:${(i + 1).toString(16)}::/48`),
      ],
      blocked: blocksFrom(Array.from({ length: 3000 }, (_, i) => `20.${100 + (i >> 8)}.${i & 255}.0/24`)).map((block) => ({
        block,
        remainingMs: 1000,
      })),
    })
    const large = compileNftFirst(many).fill({})
    expect(elementsOf(large, 'host4')).toHaveLength(9000)
    expect(new Set(elementsOf(large, 'host4')).size).toBe(9000)
    expect(elementsOf(large, 'net6')).toHaveLength(6001)
    expect(elementsOf(large, 'block4')).toHaveLength(6001)
    const sizes = messagesOf(large).map(({ body }) => body.length)
    expect(Math.max(...sizes)).toBeLessThan(65_536)
    expect(large.bytes.buffer.byteLength - large.bytes.length).toBeLessThan(64 * 1024)
  })
})

describe('compileNftRefill, as messages', () => {
  it('makes the interval sets anew beside those in force, and no set of hosts', () => {
    const batch = compileNftRefill(SMALL, { revision: 1, mode: 'enforce', digest: SMALL.digest }).fill({})
    expect(stepsOf(batch).slice(0, 5)).toEqual(['begin', 'new set', 'delete set', 'new set', 'delete set'])
    expect(elementsOf(batch, 'net4-next')).toHaveLength(5)
    expect(elementsOf(batch, 'host4')).toEqual([])
    expect(elementsOf(batch, 'host4-next')).toEqual([])
  })
})
