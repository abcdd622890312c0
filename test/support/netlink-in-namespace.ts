import { closeSync, openSync } from 'node:fs'
import koffi from 'koffi'
import { createOpenNetlink, type OpenNetlink } from '../../agent/netlink/open-netlink.ts'
import type { RunProgram } from '../../agent/process/run-program.ts'
import type { TestNamespace } from './netns.ts'

const CLONE_NEWNET = 0x40000000

const SOL_SOCKET = 1
const SO_SNDBUF = 7
const SO_RCVBUF = 8

/** Sockets of a namespace, those among them that listen breakable. */
export interface NamespaceNetlink extends OpenNetlink {
  /** Every socket that listens ends. */
  deafen(): void
}

/** Opens netlink sockets that belong to the namespace, whoever uses them later. This thread enters it for the moment of opening only. */
export function netlinkInNamespace(
  space: TestNamespace,
  { eventBufferBytes, batchBytes }: { readonly eventBufferBytes?: number; readonly batchBytes?: number } = {},
): NamespaceNetlink {
  const open = createOpenNetlink(koffi)
  const libc = koffi.load('libc.so.6')
  const enter = libc.func('int setns(int, int)') as (fd: number, kind: number) => number
  const replace = libc.func('int dup2(int, int)') as (by: number, fd: number) => number
  const setOption = libc.func('int setsockopt(int, int, int, const void *, uint32_t)')
  const ears = new Set<number>()
  const enterOrThrow = (fd: number, what: string): void => {
    if (enter(fd, CLONE_NEWNET) !== 0) throw new Error(`Cannot enter the network namespace ${what}`)
  }
  const limit = (fd: number, option: number, bytes: number | undefined): void => {
    if (bytes === undefined) return
    const value = Buffer.alloc(4)
    value.writeInt32LE(bytes)
    setOption(fd, SOL_SOCKET, option, value, value.length)
  }
  const openHere: OpenNetlink = (use) => {
    const home = openSync('/proc/thread-self/ns/net', 'r')
    const there = openSync(`/run/netns/${space.name}`, 'r')
    try {
      enterOrThrow(there, space.name)
      const fd = open(use)
      if (use === 'events') ears.add(fd)
      if (use === 'events') limit(fd, SO_RCVBUF, eventBufferBytes)
      else limit(fd, SO_SNDBUF, batchBytes)
      return fd
    } finally {
      enterOrThrow(home, 'that this process came from')
      closeSync(home)
      closeSync(there)
    }
  }
  return Object.assign(openHere, {
    deafen() {
      const nothing = openSync('/dev/null', 'r')
      // In place of the socket, whose number must not become that of another file while it is listened to.
      for (const fd of ears) replace(nothing, fd)
      closeSync(nothing)
      ears.clear()
    },
  })
}

/** A `RunProgram` of a namespace, with the netlink sockets of the same one. */
export interface NamespaceRun extends RunProgram {
  readonly openNetlink: OpenNetlink
}

/** The sockets that go with `run`. @throws where it is of no namespace: the host's own ruleset is never touched */
export function netlinkOf(run: RunProgram): OpenNetlink {
  if ('openNetlink' in run) return (run as NamespaceRun).openNetlink
  throw new Error('Cannot open a netlink socket: these programs run in no test namespace')
}
