/** Gets each line as `bytes[start, end)` without its line feed; valid only until it returns. */
export type TakeLine = (bytes: Buffer, start: number, end: number) => void

/** Reads lines out of the middle of a chunk without being told where they end. */
export interface NextLines {
  /** The bytes of the chunk stay as they are until `endChunk`. */
  beginChunk(chunk: Buffer): void
  endChunk(): void
  /** Takes the line that begins at `start` if it can tell where that ends: the place behind its line feed, or -1. */
  takeNext(bytes: Buffer, start: number): number
}

/** Cuts a stream of chunks into lines. */
export interface LineSplitter {
  /** Hands on every line that the chunk completes, in order. */
  push(chunk: Uint8Array): void
  /** Hands on what stands after the last line feed, if anything: the log ended without one. */
  finish(): void
  /** Forgets the line begun: the log was truncated or replaced. */
  reset(): void
  /** Bytes taken in that belong to no finished line yet: file position minus this is where to go on after a restart. */
  readonly pendingBytes: number
}

/**
 * Splits on line feeds only, whatever the other bytes are. A line longer than `maxLineBytes` is counted, not kept:
 * `skipLine` hears its length when its end has come. At most one line is held. `next` is asked first, so that the end of a
 * line that is read by its shape need not be looked for.
 */
export function createLineSplitter(
  maxLineBytes: number,
  takeLine: TakeLine,
  skipLine: (bytes: number) => void,
  next?: NextLines,
): LineSplitter {
  let held = Buffer.allocUnsafe(Math.min(maxLineBytes, 4096))
  let heldBytes = 0
  /** Bytes seen of a line that is too long; 0 while the line still fits. */
  let skippedBytes = 0

  function hold(bytes: Buffer, start: number, end: number): void {
    const needed = heldBytes + end - start
    if (skippedBytes > 0 || needed > maxLineBytes) {
      skippedBytes = Math.max(skippedBytes, heldBytes) + end - start
      heldBytes = 0
      return
    }
    if (needed > held.length) {
      const larger = Buffer.allocUnsafe(Math.min(maxLineBytes, Math.max(needed, held.length * 2)))
      held.copy(larger, 0, 0, heldBytes)
      held = larger
    }
    bytes.copy(held, heldBytes, start, end)
    heldBytes = needed
  }

  function endLine(): void {
    const tooLong = skippedBytes
    const length = heldBytes
    skippedBytes = 0
    heldBytes = 0
    if (tooLong > 0) skipLine(tooLong)
    else takeLine(held, 0, length)
  }

  return {
    push(chunk) {
      const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
      let start = 0
      next?.beginChunk(bytes)
      while (start < bytes.length) {
        const isFresh = heldBytes === 0 && skippedBytes === 0
        const behind = isFresh && next !== undefined ? next.takeNext(bytes, start) : -1
        if (behind >= 0) {
          start = behind
          continue
        }
        const feed = bytes.indexOf(10, start)
        if (feed === -1) break
        if (isFresh && feed - start <= maxLineBytes) takeLine(bytes, start, feed)
        else {
          hold(bytes, start, feed)
          endLine()
        }
        start = feed + 1
      }
      next?.endChunk()
      if (start < bytes.length) hold(bytes, start, bytes.length)
    },
    finish() {
      if (heldBytes > 0 || skippedBytes > 0) endLine()
    },
    reset() {
      heldBytes = 0
      skippedBytes = 0
    },
    get pendingBytes() {
      return heldBytes + skippedBytes
    },
  }
}
