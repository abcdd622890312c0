import { describe, expect, it } from 'vitest'
import { createNetlinkWriter, type NetlinkWriter } from '../../../rules/firewall/netlink-writer.ts'

/** What a writer begins with, and doubles. */
const ROOM_BYTES = 4096

describe('createNetlinkWriter', () => {
  it.each<[string, (writer: NetlinkWriter) => void, string]>([
    ['32 bits', (writer) => writer.u32(7, 0x01020304), '0800070001020304'],
    ['64 bits', (writer) => writer.u64(7, 0x0102030405060708n), '0c0007000102030405060708'],
    ['a text', (writer) => writer.text(7, 'abc'), '0800070061626300'],
    ['bytes', (writer) => writer.bytes(7, Uint8Array.of(1, 2, 3, 4)), '0800070001020304'],
    ['others in it', (writer) => writer.nest(7, () => writer.u32(1, 5)), '0c0007800800010000000005'],
  ])('writes an attribute of %s the same, wherever it has to find more room', (_what, write, expected) => {
    for (const room of [ROOM_BYTES, 2 * ROOM_BYTES])
      for (let left = 0; left <= 16; left += 4) {
        const writer = createNetlinkWriter()
        writer.bytes(1, new Uint8Array(room - left - 4))
        write(writer)
        expect(Buffer.from(writer.finish().subarray(room - left)).toString('hex')).toBe(expected)
      }
  })
})
