import { createHash } from 'node:crypto'
import { type Static, type TSchema, Type } from 'typebox'
import { Value } from 'typebox/value'
import { DetectStateError } from './state-error.ts'
import { DIGEST_BYTES, HEAD_BYTES, JSON_PIECE, STATE_MAGIC, WORDS_PIECE, wordsOf } from './state-writer.ts'

/** Reads the pieces of a saved state in the order in which they were written. Looks at its check sum before anything else. */
export class StateReader {
  readonly #bytes: Uint8Array
  readonly #end: number
  #at = STATE_MAGIC.length

  /** @throws DetectStateError STATE_VERSION, STATE_TORN */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#end = bytes.length - DIGEST_BYTES
    const magic = Buffer.from(bytes.subarray(0, STATE_MAGIC.length)).toString('latin1')
    if (magic !== STATE_MAGIC && magic.startsWith('edgeward-detect/'))
      throw new DetectStateError('STATE_VERSION', `Cannot read the counts: they are ${JSON.stringify(magic.trim())}`)
    const isWhole = this.#end >= STATE_MAGIC.length && magic === STATE_MAGIC
    const digest = isWhole ? createHash('sha256').update(bytes.subarray(0, this.#end)).digest() : undefined
    if (digest === undefined || !digest.equals(bytes.subarray(this.#end)))
      throw new DetectStateError(
        'STATE_TORN',
        `Cannot read the counts: their ${bytes.length} bytes do not have the check sum they name`,
      )
  }

  /** The next piece, a plain value of the shape that is asked for. @throws DetectStateError STATE_FORM */
  json<S extends TSchema>(schema: S): Static<S> {
    const value: unknown = JSON.parse(Buffer.from(this.#next(JSON_PIECE)).toString('utf8'))
    if (Value.Check(schema, value)) return value
    throw new DetectStateError('STATE_FORM', `Cannot read the counts: the piece before byte ${this.#at} has another shape`)
  }

  /** Fills a typed array, all zero, with the next piece. @throws DetectStateError STATE_FORM */
  into(array: ArrayBufferView): void {
    const content = this.#next(WORDS_PIECE)
    const words = wordsOf(array)
    const view = new DataView(content.buffer, content.byteOffset, content.length)
    let at = 0
    for (let from = 0; from + 4 <= content.length; ) {
      const head = view.getUint32(from, true)
      from += 4
      at += head >>> 16
      const kept = head & 0xffff
      if (at + kept > words.length || from + kept * 4 > content.length)
        throw new DetectStateError(
          'STATE_FORM',
          `Cannot read the counts: the piece before byte ${this.#at} is longer than its array`,
        )
      for (let word = 0; word < kept; word++, from += 4) words[at++] = view.getUint32(from, true)
    }
  }

  /** @throws DetectStateError STATE_FORM if anything is left. */
  finish(): void {
    if (this.#at !== this.#end)
      throw new DetectStateError('STATE_FORM', `Cannot read the counts: ${this.#end - this.#at} bytes are left over`)
  }

  #next(kind: number): Uint8Array {
    const isThere = this.#at + HEAD_BYTES <= this.#end && this.#bytes[this.#at] === kind
    const length = isThere
      ? new DataView(this.#bytes.buffer, this.#bytes.byteOffset + this.#at + 1, 4).getUint32(0, true)
      : Number.POSITIVE_INFINITY
    const start = this.#at + HEAD_BYTES
    if (start + length > this.#end)
      throw new DetectStateError('STATE_FORM', `Cannot read the counts: at byte ${this.#at} stands something else`)
    this.#at = start + length
    return this.#bytes.subarray(start, this.#at)
  }
}

/** Whole numbers from 0. */
export const COUNT = Type.Integer({ minimum: 0 })
