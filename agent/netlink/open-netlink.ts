import { closeSync } from 'node:fs'
import { constants, endianness } from 'node:os'
import { getSystemErrorName } from 'node:util'
import { NetlinkError } from './netlink-error.ts'

/** `changes`: for questions and transactions. `events`: hears of every transaction of anybody's from now on, and has `WAKE_SIGNAL` sent to this process when there is something to read. */
export type NetlinkUse = 'changes' | 'events'

/** Opens a socket to the kernel's nf_tables and gives its descriptor; never blocks. Tests open it in a network namespace. @throws NetlinkError NO_SOCKET */
export type OpenNetlink = (use: NetlinkUse) => number

const AF_NETLINK = 16
const NETLINK_NETFILTER = 12
/** SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, the same numbers on x86-64 and ARM64. */
const RAW = 3 | 0o2_000_000 | 0o4_000
const SOL_SOCKET = 1
const SO_SNDBUFFORCE = 32
const SO_RCVBUFFORCE = 33
/** The most that one transaction may have, of which the kernel takes twice as much: a million IPv6 hosts are 28 MB. Memory that is used only then. */
const BATCH_BYTES = 256 * 1024 * 1024
/** A refused list has an answer of 1 KiB for each of its messages. */
const ANSWER_BYTES = 2 * 1024 * 1024
/** The kernel takes twice as much. It holds what a load of 100,000 elements tells many times over (8 MB), while the event loop is busy; memory that is used only then. */
const EVENT_BUFFER_BYTES = 32 * 1024 * 1024
const SOL_NETLINK = 270
const NETLINK_ADD_MEMBERSHIP = 1
const NETLINK_CAP_ACK = 10
/** `enum nfnetlink_groups`. */
const NFNLGRP_NFTABLES = 7
const F_SETFL = 4
const F_SETOWN = 8
const F_SETSIG = 10
/** In place of SIGIO: nothing happens where nobody waits for it (any more), and no library takes it for the end of the process, as signal-exit does with SIGIO. */
export const WAKE_SIGNAL = 'SIGURG'
const WAKE_SIGNAL_NUMBER = constants.signals[WAKE_SIGNAL]
/** O_NONBLOCK | O_ASYNC, the same numbers on x86-64 and ARM64. */
const ASYNC = 0o4_000 | 0o20_000
const ADDRESS_BYTES = 12

interface Libc {
  readonly socket: (domain: number, type: number, protocol: number) => number
  readonly bind: (fd: number, address: Buffer, bytes: number) => number
  readonly setsockopt: (fd: number, level: number, option: number, value: Buffer, bytes: number) => number
  readonly fcntl: (fd: number, command: number, type: 'int', value: number) => number
  readonly errno: () => number
}

type Koffi = typeof import('koffi').default

/** Loads koffi here and not with the program, so that an agent without it, or on a machine that it knows nothing of, still works. @throws NetlinkError NO_SOCKET */
export async function loadNetlink(): Promise<OpenNetlink> {
  try {
    const { default: koffi } = await import('koffi')
    return createOpenNetlink(koffi)
  } catch (error) {
    if (error instanceof NetlinkError) throw error
    throw new NetlinkError('NO_SOCKET', `Cannot open a netlink socket: koffi could not be loaded: ${firstLineOf(error)}`, {
      cause: error,
    })
  }
}

/** The real one: four calls of the C library, made through koffi because Node opens no netlink sockets. @throws NetlinkError NO_SOCKET */
export function createOpenNetlink(koffi: Koffi): OpenNetlink {
  if (endianness() !== 'LE') throw new NetlinkError('NO_SOCKET', 'Cannot open a netlink socket: this machine is big-endian')
  const libc = bindLibc(koffi)
  return (use) => openWith(libc, use)
}

function openWith({ socket, bind, setsockopt, fcntl, errno }: Libc, use: NetlinkUse): number {
  const demand = (result: number, what: string): number => {
    if (result >= 0) return result
    const reason = getSystemErrorName(-errno())
    throw new NetlinkError('NO_SOCKET', `Cannot open a netlink socket: ${what} says ${reason}`, { reason })
  }
  const fd = demand(socket(AF_NETLINK, RAW, NETLINK_NETFILTER), 'socket(2)')
  const set = (level: number, option: number, value: number): number => {
    const bytes = Buffer.alloc(4)
    bytes.writeInt32LE(value)
    return setsockopt(fd, level, option, bytes, bytes.length)
  }
  try {
    const address = Buffer.alloc(ADDRESS_BYTES)
    address.writeUInt16LE(AF_NETLINK)
    demand(bind(fd, address, ADDRESS_BYTES), 'bind(2)')
    // Answers name the message and do not repeat it.
    demand(set(SOL_NETLINK, NETLINK_CAP_ACK, 1), 'setsockopt(2)')
    if (use === 'changes') {
      // As they are where the kernel does not allow that: a list is too large then, and goes through nft.
      set(SOL_SOCKET, SO_SNDBUFFORCE, BATCH_BYTES)
      set(SOL_SOCKET, SO_RCVBUFFORCE, ANSWER_BYTES)
      return fd
    }
    // As it is where the kernel does not allow that (no CAP_NET_ADMIN outside a user namespace): what does not fit is told to be lost.
    set(SOL_SOCKET, SO_RCVBUFFORCE, EVENT_BUFFER_BYTES)
    demand(fcntl(fd, F_SETOWN, 'int', process.pid), 'fcntl(2)')
    demand(fcntl(fd, F_SETSIG, 'int', WAKE_SIGNAL_NUMBER), 'fcntl(2)')
    demand(fcntl(fd, F_SETFL, 'int', ASYNC), 'fcntl(2)')
    demand(set(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, NFNLGRP_NFTABLES), 'setsockopt(2)')
    return fd
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

function bindLibc(koffi: Koffi): Libc {
  try {
    const libc = koffi.load('libc.so.6')
    return {
      socket: libc.func('int socket(int, int, int)') as Libc['socket'],
      bind: libc.func('int bind(int, const void *, uint32_t)') as Libc['bind'],
      setsockopt: libc.func('int setsockopt(int, int, int, const void *, uint32_t)') as Libc['setsockopt'],
      fcntl: libc.func('int fcntl(int, int, ...)') as Libc['fcntl'],
      errno: () => koffi.errno(),
    }
  } catch (error) {
    throw new NetlinkError(
      'NO_SOCKET',
      `Cannot open a netlink socket: the C library could not be loaded: ${firstLineOf(error)}`,
      {
        cause: error,
      },
    )
  }
}

function firstLineOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? ''
}
