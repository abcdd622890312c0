import { createHmac } from 'node:crypto'

/** 128 bits as four words, the low one of each half first. */
export type SipKey = Int32Array

/** 64 bits as two words of either sign: small integers, so that a hash makes no garbage. */
export interface SipWords {
  high: number
  low: number
}

/** A key for one purpose, from a longer one that serves many (HMAC-SHA-256 as a key derivation, NIST SP 800-108 §4.1 in its simplest form). */
export function deriveSipKey(key: Uint8Array, purpose: string): SipKey {
  const derived = createHmac('sha256', key).update(purpose).digest()
  return Int32Array.from([0, 4, 8, 12], (at) => derived.readInt32LE(at))
}

/**
 * SipHash-2-4 (Aumasson and Bernstein, 2012) of the bytes `[start, end)`: a pseudo-random function with a key of 128 bits, made for short
 * inputs. Ten times as fast as HMAC-SHA-256 on the ten digits of a person's number, and as hopeless to search without the key.
 */
export function sipHash(key: SipKey, view: DataView, start: number, end: number, into: SipWords): void {
  const [k0l = 0, k0h = 0, k1l = 0, k1h = 0] = key
  let v0l = k0l ^ 0x70736575
  let v0h = k0h ^ 0x736f6d65
  let v1l = k1l ^ 0x6e646f6d
  let v1h = k1h ^ 0x646f7261
  let v2l = k0l ^ 0x6e657261
  let v2h = k0h ^ 0x6c796765
  let v3l = k1l ^ 0x79746573
  let v3h = k1h ^ 0x74656462
  const blocks = (end - start) >> 3
  for (let step = 0; step <= blocks + 1; step += 1) {
    const at = start + step * 8
    let ml = 0
    let mh = 0
    if (step < blocks) {
      ml = view.getInt32(at, true)
      mh = view.getInt32(at + 4, true)
    } else if (step === blocks) {
      mh = (end - start) << 24
      for (let i = at; i < end; i += 1) {
        if (i - at < 4) ml |= view.getUint8(i) << ((i - at) * 8)
        else mh |= view.getUint8(i) << ((i - at - 4) * 8)
      }
    } else v2l ^= 0xff
    v3l ^= ml
    v3h ^= mh
    for (let rounds = step > blocks ? 4 : 2; rounds > 0; rounds -= 1) {
      v0l = (v0l + v1l) | 0
      v0h = (v0h + v1h + (v0l >>> 0 < v1l >>> 0 ? 1 : 0)) | 0
      const a = v1l
      v1l = ((v1l << 13) | (v1h >>> 19)) ^ v0l
      v1h = ((v1h << 13) | (a >>> 19)) ^ v0h
      const b = v0l
      v0l = v0h
      v0h = b
      v2l = (v2l + v3l) | 0
      v2h = (v2h + v3h + (v2l >>> 0 < v3l >>> 0 ? 1 : 0)) | 0
      const c = v3l
      v3l = ((v3l << 16) | (v3h >>> 16)) ^ v2l
      v3h = ((v3h << 16) | (c >>> 16)) ^ v2h
      v0l = (v0l + v3l) | 0
      v0h = (v0h + v3h + (v0l >>> 0 < v3l >>> 0 ? 1 : 0)) | 0
      const d = v3l
      v3l = ((v3l << 21) | (v3h >>> 11)) ^ v0l
      v3h = ((v3h << 21) | (d >>> 11)) ^ v0h
      v2l = (v2l + v1l) | 0
      v2h = (v2h + v1h + (v2l >>> 0 < v1l >>> 0 ? 1 : 0)) | 0
      const e = v1l
      v1l = ((v1l << 17) | (v1h >>> 15)) ^ v2l
      v1h = ((v1h << 17) | (e >>> 15)) ^ v2h
      const f = v2l
      v2l = v2h
      v2h = f
    }
    v0l ^= ml
    v0h ^= mh
  }
  into.low = v0l ^ v1l ^ v2l ^ v3l
  into.high = v0h ^ v1h ^ v2h ^ v3h
}
