import { createHash } from 'node:crypto'

/** First bytes of a saved state; the number goes up when what follows is read differently. */
export const STATE_MAGIC = 'edgeward-detect/2\n'
export const DIGEST_BYTES = 32
export const JSON_PIECE = 1
export const WORDS_PIECE = 2
export const HEAD_BYTES = 5
/** Most words in one run: two runs share a word. */
const MAX_RUN = 0xffff

/** A piece that holds a plain value as JSON. */
export function jsonPiece(value: unknown): Uint8Array {
  return pieceOf(JSON_PIECE, Buffer.from(JSON.stringify(value)))
}

/**
 * A piece that holds a typed array, whose bytes are a multiple of four: again and again a word that counts zeros (upper half) and words that
 * follow (lower half). Most counts of most accounts are zero.
 */
export function wordsPiece(array: ArrayBufferView): Uint8Array {
  const words = wordsOf(array)
  const packed = new Uint32Array(words.length + Math.ceil(words.length / 2) + 2)
  let end = 0
  for (let at = 0; at < words.length; ) {
    let zeros = 0
    while (at < words.length && zeros < MAX_RUN && words[at] === 0) {
      zeros++
      at++
    }
    const head = end++
    let kept = 0
    while (at < words.length && kept < MAX_RUN && words[at] !== 0) {
      packed[end++] = words[at++] as number
      kept++
    }
    packed[head] = (zeros << 16) | kept
  }
  return pieceOf(WORDS_PIECE, new Uint8Array(packed.buffer, 0, end * 4))
}

/** The pieces as they are saved: what they are in front, a SHA-256 of all at the end. */
export function* sealed(pieces: Iterable<Uint8Array>): Generator<Uint8Array> {
  const hash = createHash('sha256')
  const magic = Buffer.from(STATE_MAGIC)
  hash.update(magic)
  yield magic
  for (const piece of pieces) {
    hash.update(piece)
    yield piece
  }
  yield hash.digest()
}

/** The same memory as 32-bit words. */
export function wordsOf(array: ArrayBufferView): Uint32Array {
  return new Uint32Array(array.buffer, array.byteOffset, array.byteLength / 4)
}

function pieceOf(kind: number, content: Uint8Array): Uint8Array {
  const piece = new Uint8Array(HEAD_BYTES + content.length)
  piece[0] = kind
  new DataView(piece.buffer).setUint32(1, content.length, true)
  piece.set(content, HEAD_BYTES)
  return piece
}
