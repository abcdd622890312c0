import { readdir, realpath, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { areAlike, identityOf, inodeOf, isBeginningOf, type LogFile, openLogFile, readHead } from './log-file.ts'
import type { FileIdentity, FilePlace } from './log-place.ts'

/** `.1`, `-20261122`, `.2026-11-22T08`: what logrotate and its like append. Not `.gz`: compressed logs are for `replay`. */
const ROTATED_SUFFIX = /^[.-]\d[\d.T:_-]*$/
/** More files than this beside a log are not looked through. */
const MAX_ENTRIES = 10_000
/** So often is a search begun anew that a rotation disturbed. */
const MAX_TRIES = 5
/** Workers of one proxy end their last lines in the old file at slightly different times. */
const CLOCK_SLACK_MS = 5_000

/** A file beside the log. */
interface Neighbour {
  readonly path: string
  readonly dev: string
  readonly ino: string
  readonly bytes: number
  readonly mtimeMs: number
  /** Named as a rotated form of the log. */
  readonly isRotated: boolean
  /** Named as the log, as what it links to, or as a rotated form of it. */
  readonly isOurs: boolean
}

/**
 * Where the rest of a file is that was read up to `offset`: the file itself under whatever name, or a copy of it that
 * `copytruncate` made. Opened; `undefined` if it is gone or was compressed.
 */
export async function findRest(logPath: string, place: FilePlace): Promise<LogFile | undefined> {
  for (let tries = 1; ; tries++) {
    const before = await folderTimes(logPath)
    const rest = await findRestOnce(logPath, place)
    // A rotation in the middle of the search changes all names.
    if (rest !== undefined || tries === MAX_TRIES || before === (await folderTimes(logPath))) return rest
  }
}

async function findRestOnce(logPath: string, { identity, offset }: FilePlace): Promise<LogFile | undefined> {
  const neighbours = await neighboursOf(logPath)
  // Of a file of which nothing was read only the inode is known, and another log or an archive may have that by now.
  const same = neighbours.filter(
    ({ dev, ino, isOurs }) => dev === identity.dev && ino === identity.ino && (isOurs || identity.headBytes > 0),
  )
  const copies = identity.headBytes === 0 ? [] : neighbours.filter(({ ino, isRotated }) => isRotated && ino !== identity.ino)
  for (const { path } of [...same, ...copies]) {
    const file = await openLogFile(path)
    if (file === undefined) continue
    const { size } = await file.handle.stat()
    // The names may have moved on since they were listed: what was opened counts.
    const isSame = file.dev === identity.dev && file.ino === identity.ino
    const isRest = identity.headBytes === 0 ? isSame : isBeginningOf(identity, await readHead(file.handle))
    if (size >= offset && isRest) return file
    await file.handle.close()
  }
  return undefined
}

/** What is known when missed files are looked for. */
export interface KnownFiles {
  /** Held open: neither they nor copies of them were missed. */
  readonly open: readonly LogFile[]
  /** Read to their end, or copies of files that are read. */
  readonly identities: readonly FileIdentity[]
  /** Files last written before this were never missed. */
  readonly sinceMs: number
}

/**
 * Files that were rotated away whole while nobody looked, oldest first, opened. Told by their beginnings: inodes are used again,
 * beginnings are not.
 */
export async function findMissed(logPath: string, { open, identities, sinceMs }: KnownFiles): Promise<LogFile[]> {
  const candidates = (await neighboursOf(logPath))
    .filter(({ isRotated, mtimeMs, bytes }) => isRotated && bytes > 0 && mtimeMs >= sinceMs - CLOCK_SLACK_MS)
    .filter(({ dev, ino }) => !open.some((held) => held.dev === dev && held.ino === ino))
    .sort(byAge)
  const missed: LogFile[] = []
  for (const { path } of candidates) {
    const file = await openLogFile(path)
    if (file === undefined) continue
    const held = [...open, ...missed]
    const head = await readHead(file.handle)
    // After the candidate's own: while it is being copied its source still begins alike, and when it is emptied the copy is whole.
    const heads = await Promise.all(held.map(({ handle }) => readHead(handle)))
    const isKnown =
      held.some(({ dev, ino }) => dev === file.dev && ino === file.ino) ||
      heads.some((other) => areAlike(head, other)) ||
      identities.some((identity) => isBeginningOf(identity, head))
    if (isKnown) await file.handle.close()
    else missed.push(file)
  }
  return missed
}

/** What stands rotated beside a log that is followed for the first time: from before our time. */
export async function listRotated(logPath: string): Promise<FilePlace[]> {
  const places: FilePlace[] = []
  for (const { path, bytes, mtimeMs } of (await neighboursOf(logPath)).filter(({ isRotated }) => isRotated).sort(byAge)) {
    const file = await openLogFile(path)
    if (file === undefined) continue
    places.push({ identity: identityOf(file, await readHead(file.handle)), offset: bytes, bytes, mtimeMs })
    await file.handle.close()
  }
  return places
}

/** Changes whenever a file beside the log comes, goes or changes its name, but for changes in the same tick of the file system. */
export async function folderTimes(logPath: string): Promise<string> {
  const times = (await foldersOf(logPath)).map(async (folder) => {
    const stats = await stat(folder, { bigint: true }).catch(() => undefined)
    return `${stats?.mtimeNs}`
  })
  return (await Promise.all(times)).join()
}

/** The folders where rotated files may appear: the log's own, and the one that a symbolic link leads to. */
export async function foldersOf(logPath: string): Promise<string[]> {
  const target = await realpath(logPath).catch(() => logPath)
  return [...new Set([dirname(logPath), dirname(target)])]
}

/** Oldest first: by number or date where the names have them, because file times are coarse. */
function byAge(one: Neighbour, other: Neighbour): number {
  const [oneNumber, otherNumber] = [numberOf(one), numberOf(other)]
  if (oneNumber !== undefined && otherNumber !== undefined) return otherNumber - oneNumber
  if (oneNumber === undefined && otherNumber === undefined) return one.path < other.path ? -1 : 1
  return one.mtimeMs - other.mtimeMs
}

/** 12 for `access.log.12`; dates have more digits. */
function numberOf({ path }: Neighbour): number | undefined {
  const digits = /\.(\d{1,4})$/.exec(path)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

async function neighboursOf(logPath: string): Promise<Neighbour[]> {
  const target = await realpath(logPath).catch(() => logPath)
  const neighbours: Neighbour[] = []
  for (const folder of await foldersOf(logPath)) {
    const names = await readdir(folder).catch(() => [])
    for (const name of names.slice(0, MAX_ENTRIES)) {
      const path = join(folder, name)
      const stats = await stat(path, { bigint: true }).catch(() => undefined)
      if (stats?.isFile() !== true) continue
      const isRotated = [basename(logPath), basename(target)].some(
        (base) => name.startsWith(base) && ROTATED_SUFFIX.test(name.slice(base.length)),
      )
      const mtimeMs = Number(stats.mtimeNs) / 1e6
      const isOurs = isRotated || path === logPath || path === target
      neighbours.push({ path, ...inodeOf(stats), bytes: Number(stats.size), mtimeMs, isRotated, isOurs })
    }
  }
  return neighbours
}
