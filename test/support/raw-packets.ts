import type { TestNamespace } from './netns.ts'

/** Sends ready-made packets, headers included. Node has no raw sockets; perl-base is on every Debian. */
const SENDER = `
  my $address = shift;
  my $is6 = $address =~ /:/;
  my $family = $is6 ? AF_INET6 : AF_INET;
  socket(my $raw, $family, SOCK_RAW, 255) or die "socket: $!";
  my $to = $is6 ? pack_sockaddr_in6(0, inet_pton(AF_INET6, $address)) : pack_sockaddr_in(0, inet_pton(AF_INET, $address));
  for (@ARGV) { defined send($raw, pack("H*", $_), 0, $to) or die "send: $!" }`

/** Sends `packets` of one family from inside `space` to `to`, in this order. */
export async function sendRaw(space: TestNamespace, to: string, packets: readonly Buffer[]): Promise<void> {
  await space.mustRun('perl', ['-MSocket=:all', '-e', SENDER, to, ...packets.map((packet) => packet.toString('hex'))])
}

/** A fragment header's fields and what follows it. RFC 8200 §4.5. */
export interface Fragment {
  readonly nextHeader: number
  readonly offsetBytes: number
  readonly moreFollow: boolean
  readonly payload: Buffer
}

export const UDP = 17
export const DESTINATION_OPTIONS = 60

/** One IPv6 packet that carries a fragment. `from` and `to` are written in full: eight groups. */
export function ipv6Fragment(from: string, to: string, { nextHeader, offsetBytes, moreFollow, payload }: Fragment): Buffer {
  const fragment = Buffer.alloc(8)
  fragment.writeUInt8(nextHeader, 0)
  fragment.writeUInt16BE(offsetBytes | (moreFollow ? 1 : 0), 2)
  fragment.writeUInt32BE(0x45444745, 4)
  const header = Buffer.alloc(8)
  header.writeUInt8(0x60, 0)
  header.writeUInt16BE(fragment.length + payload.length, 4)
  header.writeUInt8(44, 6)
  header.writeUInt8(64, 7)
  return Buffer.concat([header, addressBytes(from), addressBytes(to), fragment, payload])
}

/** A UDP header without a checksum and as much content. */
export function udpDatagram(port: number, contentBytes: number): Buffer {
  const datagram = Buffer.alloc(8 + contentBytes, 0x41)
  datagram.writeUInt16BE(40000, 0)
  datagram.writeUInt16BE(port, 2)
  datagram.writeUInt16BE(datagram.length, 4)
  datagram.writeUInt16BE(0, 6)
  return datagram
}

/** A destination options header of padding only, `units` × 8 bytes long. RFC 8200 §4.6. */
export function destinationOptions(nextHeader: number, units: number): Buffer {
  const options = Buffer.alloc(8 * units)
  options.writeUInt8(nextHeader, 0)
  options.writeUInt8(units - 1, 1)
  options.writeUInt8(1, 2)
  options.writeUInt8(8 * units - 4, 3)
  return options
}

function addressBytes(address: string): Buffer {
  const groups = address.split(':')
  if (groups.length !== 8) throw new Error(`Cannot take ${address} apart: write all eight groups`)
  return Buffer.from(groups.map((group) => group.padStart(4, '0')).join(''), 'hex')
}

/** One IPv6 packet that carries a whole datagram. `from` and `to` are written in full: eight groups. */
export function ipv6Packet(from: string, to: string, payload: Buffer): Buffer {
  const header = Buffer.alloc(8)
  header.writeUInt8(0x60, 0)
  header.writeUInt16BE(payload.length, 4)
  header.writeUInt8(UDP, 6)
  header.writeUInt8(64, 7)
  return Buffer.concat([header, addressBytes(from), addressBytes(to), payload])
}

/** One IPv4 packet that carries a fragment of a datagram. The kernel fills the sum in (raw(7)). RFC 791. */
export function ipv4Fragment(
  from: string,
  to: string,
  { offsetBytes, moreFollow, payload }: Omit<Fragment, 'nextHeader'>,
): Buffer {
  const header = Buffer.alloc(20)
  header.writeUInt8(0x45, 0)
  header.writeUInt16BE(header.length + payload.length, 2)
  header.writeUInt16BE(0x4544, 4)
  header.writeUInt16BE((offsetBytes / 8) | (moreFollow ? 0x2000 : 0), 6)
  header.writeUInt8(64, 8)
  header.writeUInt8(UDP, 9)
  Buffer.from(from.split('.').map(Number)).copy(header, 12)
  Buffer.from(to.split('.').map(Number)).copy(header, 16)
  return Buffer.concat([header, payload])
}
