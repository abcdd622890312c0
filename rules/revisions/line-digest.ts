import { createHash } from 'node:crypto'

/** SHA-256 over the blocks of a document as they are read, each ended by a line feed: what `digestOf` gives of a set of just these, in their order, without printing them again. */
export interface LineDigest {
  /** A block stands in `bytes` from `start` up to `end`. */
  take(bytes: Uint8Array, start: number, end: number): void
  /** In hex; nothing is taken after it. */
  digest(): string
}

const LINE_FEED = 0x0a
const CHUNK_BYTES = 64 * 1024
/** Of a block in canonical form with its line feed. */
const MAX_LINE_BYTES = 44

export function createLineDigest(): LineDigest {
  const hash = createHash('sha256')
  const chunk = new Uint8Array(CHUNK_BYTES)
  let used = 0
  return {
    take(bytes, start, end) {
      if (used > CHUNK_BYTES - MAX_LINE_BYTES) {
        hash.update(chunk.subarray(0, used))
        used = 0
      }
      for (let at = start; at < end; at += 1) {
        chunk[used] = bytes[at] ?? 0
        used += 1
      }
      chunk[used] = LINE_FEED
      used += 1
    },
    digest: () => hash.update(chunk.subarray(0, used)).digest('hex'),
  }
}
