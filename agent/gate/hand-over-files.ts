import { type BigIntStats, constants } from 'node:fs'
import { type FileHandle, lstat, open, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { kindOf } from '../memory/read-regular.ts'

/** The files of the folder in which the agent leaves what it verified. */
export const HANDED_OVER = ['gate.key', 'policy.json', 'users.json', 'grants.json', 'blocks.json', 'facilities.json'] as const
export type HandOverFile = (typeof HANDED_OVER)[number]

/** A pipe that nobody writes to must not hold the reader (fifo(7)), and the agent makes no links: who does wants another file read. */
const READ_AT_ONCE = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY | constants.O_NOFOLLOW
const EVERYBODY_WRITES = 0o002n
const EVERYBODY_READS = 0o004n

/** One file as it lies there. */
export interface FoundFile {
  /** Another one for other content; the same while nothing was written. */
  readonly mark: string
  /** Why it is not read: it is no regular file, which may never end, or somebody else than the agent may have written it. */
  readonly refusal: string | undefined
  /** Every user of this host may read it. */
  readonly isOpen: boolean
  readonly bytes: number
  /** All of it, in memory that threads can share. */
  read(): Promise<Buffer>
}

/** What the gate reads of that folder. It is only read. */
export interface HandOverFiles {
  /** Opens a file, and calls `use` with it; `undefined` where there is none. Throws what the system says (`EACCES`), and what `use` throws. */
  look<T>(name: HandOverFile, use: (file: FoundFile) => Promise<T>): Promise<T | undefined>
}

export function createFolderFiles(folder: string): HandOverFiles {
  return {
    async look(name, use) {
      let file: FileHandle
      try {
        file = await open(join(folder, name), READ_AT_ONCE)
      } catch (cause) {
        if (isAbsent(cause)) return undefined
        const there = await lstat(join(folder, name), { bigint: true })
        if (!there.isFile()) return await use(unread(there, `it is ${kindOf(there)}, which is not followed or read`))
        throw cause
      }
      await using opened = file
      const stats = await opened.stat({ bigint: true })
      const refusal = refusalOf(stats, (await stat(folder, { bigint: true })).uid)
      if (refusal !== undefined) return await use(unread(stats, refusal))
      const bytes = Number(stats.size)
      return await use({
        mark: markOf(stats),
        refusal,
        isOpen: (stats.mode & EVERYBODY_READS) !== 0n,
        bytes,
        read: () => readWhole(opened, bytes),
      })
    },
  }
}

/** @param agent the owner of the folder */
function refusalOf(stats: BigIntStats, agent: bigint): string | undefined {
  if (!stats.isFile()) return `it is ${kindOf(stats)}, no file`
  if ((stats.mode & EVERYBODY_WRITES) !== 0n) return `everybody on this host may write into it (mode ${modeText(stats.mode)})`
  if (stats.uid === agent || stats.uid === 0n || stats.uid === BigInt(process.geteuid?.() ?? 0)) return undefined
  return `it belongs to user ${stats.uid}, the folder to user ${agent}: the agent has not written it`
}

function unread(stats: BigIntStats, refusal: string): FoundFile {
  return { mark: markOf(stats), refusal, isOpen: false, bytes: 0, read: () => Promise.reject(new Error(refusal)) }
}

/** The time of the change of rights and owner counts as well. */
function markOf({ dev, ino, mtimeNs, ctimeNs, size }: BigIntStats): string {
  return `${dev} ${ino} ${mtimeNs} ${ctimeNs} ${size}`
}

function modeText(mode: bigint): string {
  return `0${(mode & 0o777n).toString(8)}`
}

async function readWhole(file: FileHandle, bytes: number): Promise<Buffer> {
  const content = Buffer.from(new SharedArrayBuffer(bytes))
  let end = 0
  while (end < bytes) {
    const { bytesRead } = await file.read(content, end, bytes - end, end)
    if (bytesRead === 0) break // It was cut short meanwhile: what is here will be no document.
    end += bytesRead
  }
  return content.subarray(0, end)
}

function isAbsent(cause: unknown): boolean {
  const { code } = cause as NodeJS.ErrnoException
  return code === 'ENOENT' || code === 'ENOTDIR'
}
