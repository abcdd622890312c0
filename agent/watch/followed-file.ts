import { HEAD_BYTES, identityOf, type LogFile, readHead } from './log-file.ts'
import type { FilePlace } from './log-place.ts'
import type { LineSplitter } from './split-lines.ts'

const CHUNK_BYTES = 256 * 1024

/** One file being read to the end and beyond, as long as somebody writes to it. */
export interface FollowedFile extends AsyncDisposable {
  readonly file: LogFile
  /** The first bytes, as they were when they were read. */
  readonly head: Buffer
  /** Bytes of the file at the last look. */
  readonly seenBytes: number
  readonly behindBytes: number
  /** Monotonic time of the last byte read, or of the opening. */
  readonly lastReadMs: number
  /** Looks at the size; true if the file was emptied, or emptied and written anew, since it was read. */
  wasTruncated(): Promise<boolean>
  /** Hands on what is there, at most `maxBytes`; gives how many bytes those were. */
  read(maxBytes: number): Promise<number>
  /** Leaves out the lines that are there, but not one that is only begun. */
  skipToEnd(): Promise<void>
  /** Nobody writes any more: what stands after the last line feed is a line. */
  finish(): void
  /** Begins at the first byte again. */
  restart(): void
  place(): FilePlace
}

/** Reads `file` from `offset`, which is the beginning of a line. */
export async function followFile(
  file: LogFile,
  offset: number,
  splitter: LineSplitter,
  monotonicMs: () => number,
): Promise<FollowedFile> {
  const { handle } = file
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
  let head = await readHead(handle, Math.min(HEAD_BYTES, offset))
  let readOffset = offset
  let seenBytes = offset
  let mtimeMs = 0
  let lastReadMs = monotonicMs()

  function keepHead(bytes: Buffer, at: number): void {
    if (head.length >= HEAD_BYTES || at > head.length || at + bytes.length <= head.length) return
    head = Buffer.concat([head, bytes.subarray(head.length - at)]).subarray(0, HEAD_BYTES)
  }

  async function hasSameHead(): Promise<boolean> {
    return head.length === 0 || (await readHead(handle, head.length)).equals(head)
  }

  return {
    file,
    get head() {
      return head
    },
    get seenBytes() {
      return seenBytes
    },
    get behindBytes() {
      return Math.max(0, seenBytes - readOffset)
    },
    get lastReadMs() {
      return lastReadMs
    },
    async wasTruncated() {
      const stats = await handle.stat()
      if (stats.size < readOffset) return true
      const isChanged = stats.size !== seenBytes || stats.mtimeMs !== mtimeMs
      if (isChanged && !(await hasSameHead())) return true
      seenBytes = stats.size
      mtimeMs = stats.mtimeMs
      return false
    },
    async read(maxBytes) {
      let total = 0
      while (total < maxBytes) {
        const { bytesRead } = await handle.read(chunk, 0, Math.min(CHUNK_BYTES, maxBytes - total), readOffset)
        if (bytesRead === 0) break
        const bytes = chunk.subarray(0, bytesRead)
        // Emptied and written anew just now: these bytes are from the middle of other lines. The next look notices.
        if (!(await hasSameHead())) break
        keepHead(bytes, readOffset)
        readOffset += bytesRead
        total += bytesRead
        splitter.push(bytes)
      }
      if (total > 0) lastReadMs = monotonicMs()
      seenBytes = Math.max(seenBytes, readOffset)
      return total
    },
    async skipToEnd() {
      const { size } = await handle.stat()
      readOffset = await findLineStart(file, size, chunk)
      head = await readHead(handle, Math.min(HEAD_BYTES, readOffset))
    },
    finish() {
      splitter.finish()
    },
    restart() {
      splitter.reset()
      head = Buffer.alloc(0)
      readOffset = 0
      seenBytes = 0
      lastReadMs = monotonicMs()
    },
    place: () => ({ identity: identityOf(file, head), offset: readOffset - splitter.pendingBytes, bytes: seenBytes, mtimeMs }),
    [Symbol.asyncDispose]: () => handle.close(),
  }
}

/** Where the line begins that goes on at `offset`; `offset` itself after a line feed. */
async function findLineStart({ handle }: LogFile, offset: number, chunk: Buffer): Promise<number> {
  let end = offset
  while (end > 0) {
    const start = Math.max(0, end - chunk.length)
    const { bytesRead } = await handle.read(chunk, 0, end - start, start)
    const feed = chunk.subarray(0, bytesRead).lastIndexOf(10)
    if (feed !== -1) return start + feed + 1
    end = start
  }
  return 0
}
