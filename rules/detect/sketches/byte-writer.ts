const FIRST_BYTES = 256

/** Bytes written one after the other; grows by doubling. Numbers are varints (LEB128, unsigned, up to 2⁵³ − 1). */
export class ByteWriter {
  #bytes = new Uint8Array(FIRST_BYTES)
  #end = 0

  get length(): number {
    return this.#end
  }

  byte(value: number): void {
    this.#room(1)
    this.#bytes[this.#end++] = value
  }

  varint(value: number): void {
    this.#room(8)
    let rest = value
    while (rest >= 0x80) {
      this.#bytes[this.#end++] = (rest % 0x80) | 0x80
      rest = Math.floor(rest / 0x80)
    }
    this.#bytes[this.#end++] = rest
  }

  bytes(value: Uint8Array): void {
    this.#room(value.length)
    this.#bytes.set(value, this.#end)
    this.#end += value.length
  }

  /** A check sum of all before it, 4 bytes. */
  checkSum(): void {
    const sum = checkSumOf(this.#bytes.subarray(0, this.#end))
    for (let shift = 0; shift < 32; shift += 8) this.byte((sum >>> shift) & 0xff)
  }

  /** A copy of what was written. */
  take(): Uint8Array {
    return this.#bytes.slice(0, this.#end)
  }

  #room(more: number): void {
    if (this.#end + more <= this.#bytes.length) return
    const wider = new Uint8Array(Math.max(this.#bytes.length * 2, this.#end + more))
    wider.set(this.#bytes)
    this.#bytes = wider
  }
}

/** FNV-1a over 32 bits, finished by a shift. Finds torn and flipped bytes; who signs the bytes is another matter. */
export function checkSumOf(bytes: Uint8Array): number {
  let sum = 0x811c9dc5
  for (const byte of bytes) sum = Math.imul(sum ^ byte, 0x01000193)
  return (sum ^ (sum >>> 15)) >>> 0
}
