import { describe, expect, it } from 'vitest'
import type { KernelChange } from '../../../agent/drift/kernel-change.ts'
import { createNftEventReader } from '../../../agent/drift/read-nft-events.ts'
import { createNetlinkWriter, type NetlinkWriter } from '../../../rules/firewall/netlink-writer.ts'

const INET = 1
const IP = 2
const EVENT = 0x0a00

/** What a transaction did, as the kernel writes it: the type of each message, its family, and its texts by attribute. */
type Told = readonly [type: number, texts: Readonly<Record<number, string>>, family?: number]

function datagram(told: readonly Told[], who?: { readonly pid: number; readonly name: string; readonly port?: number }): Buffer {
  const writer: NetlinkWriter = createNetlinkWriter()
  for (const [type, texts, family = INET] of told)
    writer.message(EVENT | type, { family }, () => {
      for (const [attribute, text] of Object.entries(texts)) writer.text(Number(attribute), text)
    })
  const lengthBefore = writer.finish().length
  if (who !== undefined)
    writer.message(EVENT | 15, {}, () => {
      writer.u32(1, 99)
      writer.u32(2, who.pid)
      writer.text(3, who.name)
    })
  const bytes = Buffer.from(writer.finish())
  if (who !== undefined) bytes.writeUInt32LE(who.port ?? 0, lengthBefore + 12)
  return bytes
}

function read(...pieces: readonly Buffer[]) {
  const changes: KernelChange[] = []
  const ports: (number | undefined)[] = []
  const signs: number[] = []
  const push = createNftEventReader({
    onChange(change, port) {
      changes.push(change)
      ports.push(port)
    },
    onSign: ({ pid }) => void signs.push(pid),
    onLost: () => undefined,
  })
  for (const piece of pieces) push(piece)
  return { changes, ports, signs }
}

const NFT = { pid: 4242, name: 'nft', port: 17 }

describe('createNftEventReader', () => {
  it.each<readonly [number, Readonly<Record<number, string>>, string, string]>([
    [0, {}, 'add table ', 'created'],
    [2, {}, 'delete table ', 'deleted'],
    [26, {}, 'delete table ', 'destroyed'],
    [3, { 3: 'judge4' }, 'add chain judge4', 'its name is the third attribute'],
    [5, { 3: 'judge4' }, 'delete chain judge4', ''],
    [27, { 3: 'judge4' }, 'delete chain judge4', 'destroyed'],
    [6, { 2: 'judge4' }, 'add rule judge4', 'named by its chain'],
    [8, { 2: 'judge4' }, 'delete rule judge4', ''],
    [28, { 2: 'judge4' }, 'delete rule judge4', 'destroyed'],
    [9, { 2: 'host4' }, 'add set host4', ''],
    [11, { 2: 'host4' }, 'delete set host4', ''],
    [29, { 2: 'host4' }, 'delete set host4', 'destroyed'],
    [12, { 2: 'host4' }, 'add element host4', ''],
    [14, { 2: 'host4' }, 'delete element host4', ''],
    [30, { 2: 'host4' }, 'delete element host4', 'destroyed'],
    [18, { 2: 'quota' }, 'add object quota', 'no object is ours'],
    [22, { 2: 'fast' }, 'add flowtable fast', 'no flowtable is ours'],
  ])('reads message %i with %j as %s', (type, texts, words) => {
    const { changes, ports } = read(datagram([[type, { 1: 'edgeward', ...texts }]], NFT))
    expect(changes.map(({ touches }) => touches.map(({ verb, object, name }) => `${verb} ${object} ${name}`))).toEqual([[words]])
    expect(changes[0]?.process).toEqual({ pid: 4242, name: 'nft' })
    expect(ports).toEqual([17])
  })

  it.each([
    ['another table', [12, { 1: 'edgeward2', 2: 'host4' }]],
    ['a table of our name in another family', [12, { 1: 'edgeward', 2: 'host4' }, IP]],
    ['what packets fill', [12, { 1: 'edgeward', 2: 'seen4' }]],
    ['a set without a name', [9, { 1: 'edgeward', 2: '__set0' }]],
    ['a kind that later kernels may have', [77, { 1: 'edgeward', 2: 'host4' }]],
  ] as const satisfies readonly (readonly [string, Told])[])('does not count %s', (_, told) => {
    expect(read(datagram([told], NFT)).changes).toEqual([{ process: { pid: 4242, name: 'nft' }, touches: [], hosts: [] }])
  })

  it('tells the hosts that a transaction touched, and that there are many from 501 on', () => {
    const told = (count: number): Buffer => {
      const writer = createNetlinkWriter()
      const key = (i: number) => writer.nest(1, () => writer.bytes(1, Uint8Array.of(20, 1, i >> 8, i & 255)))
      for (let i = 0; i < count; i += 1)
        writer.message(EVENT | (i % 2 === 0 ? 12 : 14), { family: INET }, () => {
          writer.text(1, 'edgeward')
          writer.text(2, 'host4')
          writer.nest(3, () => writer.nest(1, () => key(i)))
        })
      return Buffer.from(writer.finish())
    }
    expect(read(told(2), datagram([], NFT)).changes[0]?.hosts).toEqual([
      { set: 'host4', key: Uint8Array.of(20, 1, 0, 0), isThere: true },
      { set: 'host4', key: Uint8Array.of(20, 1, 0, 1), isThere: false },
    ])
    expect(read(told(500), datagram([], NFT)).changes[0]?.hosts).toHaveLength(500)
    expect(read(told(501), datagram([], NFT)).changes[0]?.hosts).toBe('many')
    expect(read(told(501), datagram([], NFT), datagram([], NFT)).changes[1]?.hosts).toEqual([])
  })

  it('gathers a transaction over pieces, and gives each its own', () => {
    const { changes } = read(
      datagram([[12, { 1: 'edgeward', 2: 'host4' }]]),
      datagram([[14, { 1: 'edgeward', 2: 'net4' }]], NFT),
      datagram([[14, { 1: 'edgeward', 2: 'net6' }]], { pid: 1, name: 'docker\nd' }),
    )
    expect(changes.map(({ process, touches }) => [process.name, touches.map(({ name }) => name)])).toEqual([
      ['nft', ['host4', 'net4']],
      ['docker?d', ['net6']],
    ])
  })

  it('knows the sign of life by its table', () => {
    const sign = { 1: 'edgeward_sign' }
    const told: Told[] = [
      [0, sign],
      [2, sign],
    ]
    const { changes, signs } = read(datagram(told, NFT), datagram([], NFT))
    expect(signs).toEqual([4242])
    expect(changes).toHaveLength(1)
  })

  it('never throws, and reads no further than the bytes go, wherever they end', () => {
    const whole = datagram([[12, { 1: 'edgeward', 2: 'host4' }]], NFT)
    for (let length = 0; length < whole.length; length += 1) expect(read(whole.subarray(0, length)).changes).toEqual([])
    // Lengths that cannot be.
    for (let at = 0; at < whole.length; at += 4)
      for (const value of [0, 1, 0xffff, 0xffff_ffff]) {
        const odd = Buffer.from(whole)
        odd.writeUInt32LE(value, at)
        expect(() => read(odd)).not.toThrow()
      }
  })
})
