import { chmodSync, rmSync } from 'node:fs'
import { getSystemErrorName } from 'node:util'
import koffi from 'koffi'

const AF_UNIX = 1
/** SOCK_DGRAM | SOCK_CLOEXEC, the same numbers on x86-64 and ARM64. */
const DATAGRAM = 2 | 0o2_000_000
const MSG_DONTWAIT = 0x40
const MSG_TRUNC = 0x20
const SOL_SOCKET = 1
const SO_RCVBUF = 8
const RECEIVE_BUFFER_BYTES = 8 * 1024 * 1024
const POLLIN = 1
/** unix(7): sa_family and sun_path. */
const ADDRESS_BYTES = 110

/** A unix socket that takes datagrams, which Node cannot open (`node:dgram` knows UDP alone). */
export interface DatagramSocket {
  /** Waits for a datagram, `timeoutMs` at most; holds this thread up. */
  wait(timeoutMs: number): boolean
  /** Takes one datagram into `buffer` from `offset` on: its true length, which may be more than fits; -1 where none is there. */
  receive(buffer: Buffer, offset: number): number
}

/** Listens at `path`, in place of whatever socket is left there. @throws Error that says what the system refused */
export function openDatagramSocket(path: string, mode: number): DatagramSocket {
  const libc = koffi.load('libc.so.6')
  const call = {
    socket: libc.func('int socket(int, int, int)') as (domain: number, type: number, protocol: number) => number,
    bind: libc.func('int bind(int, const void *, uint32_t)') as (fd: number, address: Buffer, bytes: number) => number,
    setsockopt: libc.func('int setsockopt(int, int, int, const void *, uint32_t)') as (
      ...args: [fd: number, level: number, option: number, value: Buffer, bytes: number]
    ) => number,
    poll: libc.func('int poll(_Inout_ void *, uint64_t, int)') as (fds: Buffer, count: number, timeoutMs: number) => number,
    recv: libc.func('int64_t recv(int, _Out_ void *, uint64_t, int)') as (
      ...args: [fd: number, buffer: Buffer, bytes: number, flags: number]
    ) => number | bigint,
  }
  const demand = (result: number, what: string): number => {
    if (result >= 0) return result
    throw new Error(`${what} says ${getSystemErrorName(-koffi.errno())}`)
  }
  const fd = demand(call.socket(AF_UNIX, DATAGRAM, 0), 'socket(2)')
  const room = Buffer.alloc(4)
  room.writeInt32LE(RECEIVE_BUFFER_BYTES)
  // The system gives less where it allows less; that is no fault.
  call.setsockopt(fd, SOL_SOCKET, SO_RCVBUF, room, room.length)
  const address = Buffer.alloc(ADDRESS_BYTES)
  address.writeUInt16LE(AF_UNIX)
  address.write(path, 2)
  rmSync(path, { force: true })
  demand(call.bind(fd, address, 3 + Buffer.byteLength(path)), 'bind(2)')
  chmodSync(path, mode)
  const polled = Buffer.alloc(8)
  polled.writeInt32LE(fd)
  polled.writeInt16LE(POLLIN, 4)
  return {
    wait: (timeoutMs) => call.poll(polled, 1, timeoutMs) > 0,
    receive(buffer, offset) {
      const free = buffer.subarray(offset)
      return Number(call.recv(fd, free, free.length, MSG_DONTWAIT | MSG_TRUNC))
    },
  }
}
