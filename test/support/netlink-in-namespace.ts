import { closeSync, openSync } from 'node:fs'
import koffi from 'koffi'
import { createOpenNetlink, type OpenNetlink } from '../../agent/netlink/open-netlink.ts'
import type { RunProgram } from '../../agent/process/run-program.ts'
import type { TestNamespace } from './netns.ts'

const CLONE_NEWNET = 0x40000000

/** Opens netlink sockets that belong to the namespace, whoever uses them later. This thread enters it for the moment of opening only. */
export function netlinkInNamespace(space: TestNamespace): OpenNetlink {
  const open = createOpenNetlink(koffi)
  const enter = koffi.load('libc.so.6').func('int setns(int, int)') as (fd: number, kind: number) => number
  const enterOrThrow = (fd: number, what: string): void => {
    if (enter(fd, CLONE_NEWNET) !== 0) throw new Error(`Cannot enter the network namespace ${what}`)
  }
  return () => {
    const home = openSync('/proc/thread-self/ns/net', 'r')
    const there = openSync(`/run/netns/${space.name}`, 'r')
    try {
      enterOrThrow(there, space.name)
      return open()
    } finally {
      enterOrThrow(home, 'that this process came from')
      closeSync(home)
      closeSync(there)
    }
  }
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
