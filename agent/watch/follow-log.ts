import { type FollowedFile, followFile } from './followed-file.ts'
import { identityOf, isBeginningOf, type LogFile, openLogFile, readHead } from './log-file.ts'
import type { FilePlace, LogPlace } from './log-place.ts'
import { findMissed, findRest, folderTimes, listRotated } from './rotated-files.ts'
import type { LineSplitter } from './split-lines.ts'

/** A rotated file is read on for so long after its last byte: workers of a proxy reopen their log one after the other. */
const LINGER_MS = 60_000
/** Files read to their end that are remembered, so that no rotated name brings them back. */
const MAX_DONE = 32
/** Bytes read in one poll, so that one log's backlog does not keep the others waiting. */
const MAX_POLL_BYTES = 4 * 1024 * 1024
/** A folder's time is coarse: a change this fresh may have a successor with the same time. */
const FOLDER_SETTLE_MS = 2_000

export interface FollowOptions {
  /** Absolute. Need not exist yet. */
  readonly path: string
  /** Where a former run stopped. */
  readonly place: LogPlace | undefined
  /** Where to begin in a file that is there when the log is followed for the first time. */
  readonly from: 'beginning' | 'end'
  /** Makes the cutter of one file: a file's last line ends with the file. */
  readonly createSplitter: () => LineSplitter
  /** Wall clock, to be compared with file times. */
  readonly nowMs: () => number
  readonly monotonicMs: () => number
}

/** What is known of one log's files. */
export interface FollowState {
  /** The log's path leads to a file. */
  readonly isThere: boolean
  /** Bytes read since the start. */
  readonly readBytes: number
  /** Bytes that are there and not read yet, as of the last poll. */
  readonly behindBytes: number
  /** Bytes known to be gone unread; what nobody ever saw cannot be counted. */
  readonly lostBytes: number
  /** How often a file went away, or was emptied, and its rest could not be found. */
  readonly losses: number
  readonly rotations: number
  readonly truncations: number
}

/**
 * Reads a log through renames, new files, truncation and restarts, each line once: what was rotated away is read to its end before
 * what came after it. What the writer adds between the copy and the truncation of `copytruncate` is lost by the nature of it.
 */
export interface LogFollower extends AsyncDisposable {
  /** Hands on what is there; true if there may be more at once. Must not overlap itself. @throws WatchError LOG_UNREADABLE, the system's error */
  poll(): Promise<boolean>
  /** Where a later run goes on: behind the lines handed on by now. `undefined` if nothing was ever looked at. */
  place(): LogPlace | undefined
  readonly state: FollowState
}

export function createLogFollower(options: FollowOptions): LogFollower {
  const { path, from, createSplitter, monotonicMs } = options
  /** In the order of their lines. The last one is what the path leads to, or led to before it was rotated away. */
  let files: FollowedFile[] = []
  let done: FilePlace[] = [...(options.place?.done ?? [])]
  let sinceMs = Math.max(0, ...(options.place?.files ?? []).map(({ mtimeMs }) => mtimeMs))
  let isResumed = false
  let isThere = false
  let foldersSeen = ''
  const counts = { readBytes: 0, lostBytes: 0, losses: 0, rotations: 0, truncations: 0 }

  const follow = (file: LogFile, offset: number) => followFile(file, offset, createSplitter(), monotonicMs)

  async function resume(): Promise<void> {
    if (options.place === undefined) {
      done = (await listRotated(path)).slice(-MAX_DONE)
      const first = await openLogFile(path)
      if (first === undefined) return
      const followed = await follow(first, 0)
      if (from === 'end') await followed.skipToEnd()
      files = [followed]
      return
    }
    for (const place of options.place.files) {
      const rest = await findRest(path, place)
      if (rest !== undefined) files.push(await follow(rest, place.offset))
      // A rotated file that was read to its end may have been compressed or removed since.
      else if (place === options.place.files.at(-1) || place.offset < place.bytes) loseRest(place)
    }
  }

  /** Puts the rest of a file that was emptied in place before it, and begins it anew. */
  async function replaceTruncated(file: FollowedFile): Promise<void> {
    counts.truncations++
    const place = file.place()
    const rest = await findRest(path, place)
    if (rest !== undefined && rest.ino !== file.file.ino) files.splice(files.indexOf(file), 0, await follow(rest, place.offset))
    else {
      await rest?.handle.close()
      loseRest(place)
    }
    file.restart()
  }

  function loseRest({ bytes, offset }: FilePlace): void {
    counts.losses++
    counts.lostBytes += Math.max(0, bytes - offset)
  }

  /** True if files may have come, gone or changed names since the last time. */
  async function didFoldersChange(): Promise<boolean> {
    const seen = await folderTimes(path)
    const isSettled = seen.split(',').every((timeNs) => Math.abs(options.nowMs() - Number(timeNs) / 1e6) > FOLDER_SETTLE_MS)
    const isChanged = seen !== foldersSeen
    foldersSeen = isSettled ? seen : ''
    return isChanged
  }

  /** Takes in what the path leads to now, and before it what was rotated away unseen. */
  async function takeNewFiles(): Promise<undefined> {
    const current = await openLogFile(path)
    isThere = current !== undefined
    const held =
      current === undefined ? undefined : files.find(({ file }) => file.dev === current.dev && file.ino === current.ino)
    const open = [...files.map(({ file }) => file), ...(current === undefined || held !== undefined ? [] : [current])]
    const identities = [...files.map(({ file, head }) => identityOf(file, head)), ...done.map(({ identity }) => identity)]
    const missed = await Promise.all((await findMissed(path, { open, identities, sinceMs })).map((file) => follow(file, 0)))
    const others = files.filter((file) => file !== held)
    if (current === undefined) files = [...others, ...missed]
    else if (held !== undefined) {
      await current.handle.close()
      files = [...others, ...missed, held]
    } else {
      if (files.length > 0) counts.rotations++
      files = [...others, ...missed, await follow(current, await findOffset(current))]
    }
  }

  /** A file that was read before and has come back, as a symbolic link can do, is not read twice. */
  async function findOffset(file: LogFile): Promise<number> {
    const head = await readHead(file.handle)
    return done.find(({ identity }) => identity.ino === file.ino && isBeginningOf(identity, head))?.offset ?? 0
  }

  /** Lets go of files that were rotated away and are written no more. */
  async function finishQuiet(): Promise<void> {
    const last = files.at(-1)
    if (last === undefined || last.seenBytes === 0) return
    const quiet = files.filter((file) => file !== last && monotonicMs() - file.lastReadMs >= LINGER_MS)
    for (const file of quiet) {
      file.finish()
      done = [...done, file.place()].slice(-MAX_DONE)
      files = files.filter((other) => other !== file)
      await file[Symbol.asyncDispose]()
    }
  }

  async function closeAll(): Promise<void> {
    for (const file of files) await file[Symbol.asyncDispose]()
    files = []
  }

  /** What is held open is read all the same; the new file is tried again at the next poll. */
  function keepFault(error: unknown): { error: unknown } {
    foldersSeen = ''
    isThere = false
    return { error }
  }

  return {
    async poll() {
      if (!isResumed) {
        await closeAll()
        await resume()
        isResumed = true
      }
      for (const file of Array.from(files)) if (await file.wasTruncated()) await replaceTruncated(file)
      const fault = (await didFoldersChange()) ? await takeNewFiles().catch(keepFault) : undefined
      sinceMs = Math.max(sinceMs, ...files.map((file) => file.place().mtimeMs))
      let budget = MAX_POLL_BYTES
      for (const file of files) {
        const bytes = await file.read(budget)
        counts.readBytes += bytes
        budget -= bytes
        if (budget === 0) return true
      }
      await finishQuiet()
      if (fault !== undefined) throw fault.error
      return false
    },
    place: () => (isResumed ? { files: files.map((file) => file.place()), done } : options.place),
    get state() {
      return { isThere, behindBytes: files.reduce((sum, file) => sum + file.behindBytes, 0), ...counts }
    },
    [Symbol.asyncDispose]: closeAll,
  }
}
