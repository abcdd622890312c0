import koffi from 'koffi'

const AF_UNIX = 1
const DATAGRAM = 2 | 0o2_000_000
const ADDRESS_BYTES = 110

/** Sends each message as a datagram to the unix socket at `path`, waiting where the kernel holds as many as it can. @throws where the system refuses one */
export function sendDatagrams(path: string, messages: Iterable<Uint8Array>): void {
  const libc = koffi.load('libc.so.6')
  const socket = libc.func('int socket(int, int, int)') as (domain: number, type: number, protocol: number) => number
  const connect = libc.func('int connect(int, const void *, uint32_t)') as (fd: number, address: Buffer, bytes: number) => number
  const send = libc.func('int64_t send(int, const void *, uint64_t, int)') as (
    ...args: [fd: number, bytes: Uint8Array, length: number, flags: number]
  ) => number | bigint
  const close = libc.func('int close(int)') as (fd: number) => number
  const fd = socket(AF_UNIX, DATAGRAM, 0)
  const address = Buffer.alloc(ADDRESS_BYTES)
  address.writeUInt16LE(AF_UNIX)
  address.write(path, 2)
  const isConnected = connect(fd, address, 3 + Buffer.byteLength(path)) === 0
  const isSent = isConnected && [...messages].every((bytes) => Number(send(fd, bytes, bytes.length, 0)) === bytes.length)
  const errno = koffi.errno()
  close(fd)
  if (!isSent) throw new Error(`Cannot send to ${path}: errno ${errno}`)
}
