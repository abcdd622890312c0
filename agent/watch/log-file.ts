import { createHash } from 'node:crypto'
import { type BigIntStats, constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import type { FileIdentity } from './log-place.ts'
import { WatchError } from './watch-error.ts'

/** Without O_NONBLOCK the open of a named pipe waits for a writer for ever (fifo(7)): all other logs and the stop would wait with it. */
const READ_AT_ONCE = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY

/** Bytes at the beginning of a log that tell it from all others: some lines, each with its time and port. */
export const HEAD_BYTES = 1024

/** A regular file held open: renames and deletion do not take it away, and its inode is not used again. */
export interface LogFile {
  readonly handle: FileHandle
  readonly dev: string
  readonly ino: string
}

/** Opens a file to read; `undefined` where there is none. @throws WatchError LOG_UNREADABLE where it is no regular file, or the system's error */
export async function openLogFile(path: string): Promise<LogFile | undefined> {
  let handle: FileHandle
  try {
    handle = await open(path, READ_AT_ONCE)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  const stats = await handle.stat({ bigint: true })
  if (stats.isFile()) return { handle, ...inodeOf(stats) }
  await handle.close()
  throw notAFile(path, stats)
}

function notAFile(path: string, stats: BigIntStats): WatchError {
  const kind = stats.isDirectory() ? 'a folder' : stats.isFIFO() ? 'a named pipe' : 'a device'
  const advice = stats.isDirectory()
    ? 'name the file in it that the proxy writes'
    : 'let the proxy write to a regular file, or send its log to `watch` by syslog'
  return new WatchError('LOG_UNREADABLE', `Cannot read the log ${JSON.stringify(path)}: it is ${kind}; ${advice}`)
}

export function inodeOf(stats: BigIntStats): { dev: string; ino: string } {
  return { dev: String(stats.dev), ino: String(stats.ino) }
}

export function identityOf({ dev, ino }: LogFile, head: Uint8Array): FileIdentity {
  return { dev, ino, headBytes: head.length, headHash: hashOf(head) }
}

/** True if a file with these first bytes is the one that the identity was made from, or a copy of it. */
export function isBeginningOf({ headBytes, headHash }: FileIdentity, head: Buffer): boolean {
  return headBytes > 0 && head.length >= headBytes && hashOf(head.subarray(0, headBytes)) === headHash
}

/**
 * True if one of two beginnings goes on as the other does, as far as both go. They must share a whole line: all logs of one format
 * begin with the same few characters.
 */
export function areAlike(one: Buffer, other: Buffer): boolean {
  const shared = one.subarray(0, Math.min(one.length, other.length))
  return (shared.includes(10) || shared.length === HEAD_BYTES) && shared.equals(other.subarray(0, shared.length))
}

/** Up to `bytes` bytes from the beginning of the file. */
export async function readHead(handle: FileHandle, bytes = HEAD_BYTES): Promise<Buffer> {
  const head = Buffer.alloc(bytes)
  let filled = 0
  while (filled < bytes) {
    const { bytesRead } = await handle.read(head, filled, bytes - filled, filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return head.subarray(0, filled)
}

function hashOf(head: Uint8Array): string {
  return createHash('sha256').update(head).digest('hex')
}
