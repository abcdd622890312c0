import type { Block } from '../../rules/addresses/block.ts'
import { blockOf } from '../../rules/addresses/block-bits.ts'

/** An established TCP connection of this host, seen from here. */
export interface TcpConnection {
  readonly localPort: number
  readonly peer: Block
}

/** include/net/tcp_states.h */
const ESTABLISHED = '01'
const MAPPED = 0xffffn << 32n

/**
 * The established connections in `/proc/net/tcp` or `tcp6` (proc_pid_net(5)). Addresses stand there as 32-bit words in the byte order of the
 * machine, which is little-endian wherever Node runs. IPv4 inside IPv6 (RFC 4291 §2.5.5.2) comes out as IPv4, as the packets do. Lines of another form are left out.
 */
export function parseProcNet(text: string): readonly TcpConnection[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*\d+: [0-9A-F]+:([0-9A-F]{4}) ([0-9A-F]{8}|[0-9A-F]{32}):[0-9A-F]{4} ([0-9A-F]{2}) /.exec(line)
    if (match?.[1] === undefined || match[2] === undefined || match[3] !== ESTABLISHED) return []
    return [{ localPort: Number.parseInt(match[1], 16), peer: peerOf(match[2]) }]
  })
}

function peerOf(hex: string): Block {
  const words = hex.match(/.{8}/g) ?? []
  const value = words.reduce((sum, word) => (sum << 32n) | BigInt(Buffer.from(word, 'hex').readUInt32LE(0)), 0n)
  if (words.length === 1) return blockOf({ family: 4, value, length: 32 })
  const isMapped = value >> 32n === MAPPED >> 32n
  return isMapped ? blockOf({ family: 4, value: value & 0xffff_ffffn, length: 32 }) : blockOf({ family: 6, value, length: 128 })
}
