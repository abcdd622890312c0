import { checkSumOf } from './byte-writer.ts'
import { SketchError } from './sketch-error.ts'

/** Reads bytes of a stranger: never past the end, never a number written in two ways. */
export class ByteReader {
  readonly #bytes: Uint8Array
  #at = 0
  #end: number

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#end = bytes.length
  }

  /** Bytes not read yet. */
  get left(): number {
    return this.#end - this.#at
  }

  /** @throws SketchError SKETCH_TORN */
  byte(): number {
    if (this.#at >= this.#end) throw torn(`ends after ${this.#end} bytes`)
    return this.#bytes[this.#at++] as number
  }

  /**
   * A whole number of at most `max`.
   * @throws SketchError SKETCH_TORN SKETCH_FORM
   */
  varint(max: number): number {
    let value = 0
    let scale = 1
    for (;;) {
      const byte = this.byte()
      value += (byte & 0x7f) * scale
      if (value > max) throw new SketchError('SKETCH_FORM', `Cannot read a number at byte ${this.#at}: it is more than ${max}`)
      if (byte < 0x80) {
        if (byte === 0 && scale > 1)
          throw new SketchError('SKETCH_FORM', `Cannot read a number at byte ${this.#at}: it ends in nothing`)
        return value
      }
      scale *= 0x80
      if (scale > 2 ** 49) throw new SketchError('SKETCH_FORM', `Cannot read a number at byte ${this.#at}: it is too long`)
    }
  }

  /**
   * A view of the next bytes; they are not copied.
   * @throws SketchError SKETCH_TORN
   */
  bytes(length: number): Uint8Array {
    if (length > this.left) throw torn(`has ${this.left} bytes left where ${length} should follow`)
    const start = this.#at
    this.#at += length
    return this.#bytes.subarray(start, this.#at)
  }

  /**
   * Takes the check sum off the end and compares it.
   * @throws SketchError SKETCH_TORN
   */
  takeCheckSum(): void {
    if (this.left < 4) throw torn(`has ${this.left} bytes, too few for a check sum`)
    this.#end -= 4
    let sum = 0
    for (let at = 3; at >= 0; at--) sum = sum * 256 + (this.#bytes[this.#end + at] as number)
    if (sum !== checkSumOf(this.#bytes.subarray(0, this.#end))) throw torn('does not have the check sum it names')
  }

  /** @throws SketchError SKETCH_TORN if anything is left. */
  finish(): void {
    if (this.left > 0) throw torn(`goes on for ${this.left} bytes after its end`)
  }
}

function torn(state: string): SketchError {
  return new SketchError('SKETCH_TORN', `Cannot read the bytes: what is there ${state}`)
}
