import { constants, openSync, readSync, writeSync } from 'node:fs'
import type { OpenNetlink } from '../../agent/netlink/open-netlink.ts'
import { makePipe } from './make-pipe.ts'
import { temporaryFolder } from './temporary-folder.ts'

const PIPE_BYTES = 64 * 1024

export interface BusyPipe {
  readonly open: OpenNetlink
  /** Lets what was written to it through. */
  readonly drain: () => void
}

/** In place of a socket to a kernel that is busy: who writes to it waits. */
export async function openBusyPipe(): Promise<BusyPipe> {
  const path = `${await temporaryFolder()}/busy`
  await makePipe(path)
  const reader = openSync(path, constants.O_RDWR)
  for (let bytes = 0; bytes < PIPE_BYTES; bytes += 4096) writeSync(reader, Buffer.alloc(4096))
  return {
    open: () => openSync(path, constants.O_WRONLY),
    drain: () => void readSync(reader, Buffer.alloc(PIPE_BYTES)),
  }
}
