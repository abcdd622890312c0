import type { Block } from '../../rules/addresses/block.ts'
import { bitsOf } from '../../rules/addresses/block-bits.ts'

/** A question to a port: who asks whom by what. */
export interface ProbeFlow {
  readonly from: Block
  readonly to: Block
  readonly asks: 'tcp' | 'udp'
  readonly port: number
}

/** An Ethernet frame whose source port is still to be put in. */
export interface ProbeFrame {
  readonly frame: Buffer
  readonly transportOffset: number
  readonly checksumOffset: number
  /** Over the pseudo header and all of the transport header, as a plain sum of 16-bit words: a port is added, then it is folded. RFC 1071. */
  readonly sum: number
}

const ETHERNET_BYTES = 14
const PROTOCOLS = { tcp: 6, udp: 17 } as const

/** A SYN, or an empty datagram. `macs` are as `02:00:…`. */
export function probeFrame(
  { from, to, asks, port }: ProbeFlow,
  macs: { readonly from: string; readonly to: string },
): ProbeFrame {
  const source = bytesOf(from)
  const target = bytesOf(to)
  if (source.length !== target.length) throw new Error(`Cannot ask ${to} from ${from}: they are of two families`)
  const isV4 = source.length === 4
  const transport = asks === 'tcp' ? synHeader(port) : udpHeader(port)
  const pseudo = Buffer.concat([source, target, Buffer.from([0, PROTOCOLS[asks], 0, transport.length])])
  const network = isV4 ? headerV4(source, target, asks, transport.length) : headerV6(source, target, asks, transport.length)
  const link = Buffer.concat([macBytes(macs.to), macBytes(macs.from), Buffer.from(isV4 ? [0x08, 0x00] : [0x86, 0xdd])])
  const transportOffset = ETHERNET_BYTES + network.length
  return {
    frame: Buffer.concat([link, network, transport]),
    transportOffset,
    checksumOffset: transportOffset + (asks === 'tcp' ? 16 : 6),
    sum: sumOf(pseudo) + sumOf(transport),
  }
}

function synHeader(port: number): Buffer {
  const header = Buffer.alloc(20)
  header.writeUInt16BE(port, 2)
  header.writeUInt32BE(0x45444745, 4)
  header.writeUInt8(5 << 4, 12)
  header.writeUInt8(2, 13)
  header.writeUInt16BE(64_240, 14)
  return header
}

function udpHeader(port: number): Buffer {
  const header = Buffer.alloc(8)
  header.writeUInt16BE(port, 2)
  header.writeUInt16BE(header.length, 4)
  return header
}

function headerV4(source: Buffer, target: Buffer, asks: ProbeFlow['asks'], payloadBytes: number): Buffer {
  const header = Buffer.alloc(12)
  header.writeUInt8(0x45, 0)
  header.writeUInt16BE(20 + payloadBytes, 2)
  // Do not fragment.
  header.writeUInt16BE(0x4000, 6)
  header.writeUInt8(64, 8)
  header.writeUInt8(PROTOCOLS[asks], 9)
  const whole = Buffer.concat([header, source, target])
  whole.writeUInt16BE(folded(sumOf(whole)) ^ 0xffff, 10)
  return whole
}

function headerV6(source: Buffer, target: Buffer, asks: ProbeFlow['asks'], payloadBytes: number): Buffer {
  const header = Buffer.alloc(8)
  header.writeUInt8(0x60, 0)
  header.writeUInt16BE(payloadBytes, 4)
  header.writeUInt8(PROTOCOLS[asks], 6)
  header.writeUInt8(64, 7)
  return Buffer.concat([header, source, target])
}

function bytesOf(address: Block): Buffer {
  const { family, value } = bitsOf(address)
  return Buffer.from(value.toString(16).padStart(family === 4 ? 8 : 32, '0'), 'hex')
}

function macBytes(mac: string): Buffer {
  return Buffer.from(mac.replaceAll(':', ''), 'hex')
}

function sumOf(bytes: Buffer): number {
  let sum = 0
  for (let at = 0; at < bytes.length; at += 2) sum += bytes.readUInt16BE(at)
  return sum
}

function folded(sum: number): number {
  let rest = sum
  while (rest > 0xffff) rest = (rest & 0xffff) + (rest >>> 16)
  return rest
}
