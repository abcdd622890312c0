import { endianness } from 'node:os'
import { getSystemErrorName } from 'node:util'
import { NetlinkError } from './netlink-error.ts'

/** Opens a socket to the kernel's nf_tables and gives its descriptor; never blocks. Tests open it in a network namespace. @throws NetlinkError NO_SOCKET */
export type OpenNetlink = () => number

const AF_NETLINK = 16
const NETLINK_NETFILTER = 12
/** SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, the same numbers on x86-64 and ARM64. */
const RAW = 3 | 0o2_000_000 | 0o4_000
const SOL_NETLINK = 270
const NETLINK_CAP_ACK = 10
const ADDRESS_BYTES = 12

interface Libc {
  readonly socket: (domain: number, type: number, protocol: number) => number
  readonly bind: (fd: number, address: Buffer, bytes: number) => number
  readonly setsockopt: (fd: number, level: number, option: number, value: Buffer, bytes: number) => number
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

/** The real one: three calls of the C library, made through koffi because Node opens no netlink sockets. @throws NetlinkError NO_SOCKET */
export function createOpenNetlink(koffi: Koffi): OpenNetlink {
  if (endianness() !== 'LE') throw new NetlinkError('NO_SOCKET', 'Cannot open a netlink socket: this machine is big-endian')
  const libc = bindLibc(koffi)
  return () => openWith(libc)
}

function openWith({ socket, bind, setsockopt, errno }: Libc): number {
  const demand = (result: number, what: string): number => {
    if (result >= 0) return result
    const reason = getSystemErrorName(-errno())
    throw new NetlinkError('NO_SOCKET', `Cannot open a netlink socket: ${what} says ${reason}`, { reason })
  }
  const fd = demand(socket(AF_NETLINK, RAW, NETLINK_NETFILTER), 'socket(2)')
  const address = Buffer.alloc(ADDRESS_BYTES)
  address.writeUInt16LE(AF_NETLINK)
  demand(bind(fd, address, ADDRESS_BYTES), 'bind(2)')
  const yes = Buffer.from([1, 0, 0, 0])
  // Answers name the message and do not repeat it.
  demand(setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, yes, yes.length), 'setsockopt(2)')
  return fd
}

function bindLibc(koffi: Koffi): Libc {
  try {
    const libc = koffi.load('libc.so.6')
    return {
      socket: libc.func('int socket(int, int, int)') as Libc['socket'],
      bind: libc.func('int bind(int, const void *, uint32_t)') as Libc['bind'],
      setsockopt: libc.func('int setsockopt(int, int, int, const void *, uint32_t)') as Libc['setsockopt'],
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
