/** Writes netlink messages and their attributes (netlink(7), `linux/netlink.h`), in the byte order of little-endian machines. */
export interface NetlinkWriter {
  /** A message of `type` with nfnetlink's own head (`struct nfgenmsg`); `body` writes its attributes. */
  message(
    type: number,
    options: { readonly flags?: number; readonly family?: number; readonly resource?: number },
    body?: () => void,
  ): void
  /** An attribute that holds others. */
  nest(type: number, body: () => void): void
  /** 32 bits in network order, as nf_tables wants all its numbers. */
  u32(type: number, value: number): void
  u64(type: number, value: bigint): void
  /** Text with its final NUL; ASCII only. */
  text(type: number, value: string): void
  bytes(type: number, value: Uint8Array): void
  /** Room for `bytes`, a multiple of 4, that the caller fills at once: words of `words` from `at` on. For a million of something. */
  room(bytes: number): { readonly words: Uint32Array; readonly at: number }
  /** Messages so far; they are numbered from 1. */
  readonly count: number
  /** Asks the kernel for an answer to the last message, whether it succeeds or not. */
  askForAnswer(): void
  /** What was written; the writer's own memory, so that it writes nothing more. */
  finish(): Uint8Array<ArrayBuffer>
}

const HEAD_BYTES = 20
const NESTED = 0x8000
const FLAGS_AT = 6
const ASK_ANSWER = 4

/** An empty one with room for `capacityBytes`; it grows. An attribute holds 65,535 bytes at most. */
export function createNetlinkWriter(capacityBytes = 4096): NetlinkWriter {
  let buffer = new Uint8Array((capacityBytes + 3) & ~3)
  let view = new DataView(buffer.buffer)
  let at = 0
  let count = 0
  let lastStart = 0

  /** Gives back where `bytes` may be written; what lies between attributes is 0. */
  const take = (bytes: number): number => {
    const start = at
    at += (bytes + 3) & ~3
    if (at <= buffer.length) return start
    const larger = new Uint8Array(Math.max(at, 2 * buffer.length))
    larger.set(buffer)
    buffer = larger
    view = new DataView(buffer.buffer)
    return start
  }

  const attribute = (type: number, bytes: number): number => {
    const start = take(4 + bytes)
    view.setUint16(start, 4 + bytes, true)
    view.setUint16(start + 2, type, true)
    return start + 4
  }

  return {
    message(type, { flags = 0, family = 0, resource = 0 }, body = () => undefined) {
      const start = take(HEAD_BYTES)
      lastStart = start
      count += 1
      view.setUint16(start + 4, type, true)
      view.setUint16(start + FLAGS_AT, 1 | flags, true)
      view.setUint32(start + 8, count, true)
      view.setUint8(start + 16, family)
      view.setUint16(start + 18, resource)
      body()
      view.setUint32(start, at - start, true)
    },
    nest(type, body) {
      const start = take(4)
      body()
      if (at - start > 0xffff) throw new RangeError(`Cannot nest ${at - start} bytes in a netlink attribute`)
      view.setUint16(start, at - start, true)
      view.setUint16(start + 2, type | NESTED, true)
    },
    u32(type, value) {
      // Before the view is taken: it may be another one after.
      const start = attribute(type, 4)
      view.setUint32(start, value)
    },
    u64(type, value) {
      const start = attribute(type, 8)
      view.setBigUint64(start, value)
    },
    text(type, value) {
      const start = attribute(type, value.length + 1)
      for (let i = 0; i < value.length; i += 1) buffer[start + i] = value.charCodeAt(i)
    },
    bytes(type, value) {
      const start = attribute(type, value.length)
      buffer.set(value, start)
    },
    room(bytes) {
      const start = take(bytes)
      return { words: new Uint32Array(buffer.buffer), at: start / 4 }
    },
    get count() {
      return count
    },
    askForAnswer() {
      view.setUint16(lastStart + FLAGS_AT, view.getUint16(lastStart + FLAGS_AT, true) | ASK_ANSWER, true)
    },
    finish: () => buffer.subarray(0, at),
  }
}
