import { latin1 } from './byte-cache.ts'
import { createNumberHasher, NUMBER_BYTES } from './number-hasher.ts'
import { deriveSipKey, type SipKey, type SipWords, sipHash } from './sip-hash.ts'

/** The person looked up, as far as a line tells it without telling who it is. One object serves a whole log; the next `read` overwrites it. */
export interface SubjectReader {
  /** Reads the text that fills `[start, end)`; the key is that of the day of `atMs`. */
  read(view: DataView, start: number, end: number, atMs: number): void
  /**
   * Reads a number of ten digits that begins at `start`, but makes no text: `words` and `block` tell of it. `false` for anything else, and for the number of
   * nobody.
   */
  hashNumber(view: DataView, start: number, atMs: number): boolean
  /** Of `hashNumber`: the bits whose digits are `subject`. */
  readonly words: SipWords
  /** 16 hexadecimal digits, or the hash that the proxy wrote; `undefined` for nobody. */
  readonly subject: string | undefined
  /** The thousand that the number stands in; never 0. `undefined` where the text is no number. */
  readonly block: number | undefined
  /** The number of nobody, `0000000000`. */
  readonly isProbe: boolean
  /** What a proxy that hashes the person itself tells of the block, in the same form; `undefined` for no text. */
  readBlock(view: DataView, start: number, end: number, atMs: number): number | undefined
}

/** A keyed hash made by the proxy or its helper: 32 to 128 hexadecimal digits, or 32 bytes as base64url. No identifier is that long. */
const HASHED = /^(?:(?:[0-9a-f]{2}){16,64}|[A-Za-z0-9_-]{43}=?)$/
/** Longer than any identifier or hash: whatever it is, it names nobody. */
const MAX_LENGTH = 256
/** Insurance card: kind, entitlement, province, then the ten digits of the person's BHXH number. */
const CARD = /^[A-Z]{2}[1-5][0-9]{2}([0-9]{10})$/
/** BHXH number or citizen ID. */
const NUMBER = /^(?:[0-9]{10}|[0-9]{12})$/
/** Numbers that share all but their last digits stand in one block. */
const BLOCK_DIGITS = 3
const DAY_MS = 86_400_000
/** Days change at midnight in the portal's zone. */
const PORTAL_OFFSET_MS = 7 * 3_600_000
/** Lines come late around midnight, and several logs are never at the same place. */
const MAX_KEYS = 8

/**
 * Hides the persons looked up. A number of ten digits is guessed in no time from a plain hash, so the hash has a key; the key of a day is
 * derived from `key`, so that what is kept of one day cannot be tied to another. What was hashed is not remembered.
 * @param key at least 16 bytes
 */
export function createSubjectReader(key: Uint8Array): SubjectReader {
  const keys = new Map<number, SipKey>()
  const words: SipWords = { high: 0, low: 0 }
  const numbers = createNumberHasher()
  let day = NaN
  let dayKey = deriveSipKey(key, 'subject')

  function useKeyOf(atMs: number): void {
    const newDay = Math.floor((atMs + PORTAL_OFFSET_MS) / DAY_MS)
    if (newDay === day) return
    day = newDay
    const known = keys.get(day)
    dayKey = known ?? deriveSipKey(key, `subject ${day}`)
    numbers.useKey(dayKey)
    if (known !== undefined) return
    const oldest = keys.size >= MAX_KEYS ? keys.keys().next().value : undefined
    if (oldest !== undefined) keys.delete(oldest)
    keys.set(day, dayKey)
  }

  function hashText(text: string): void {
    const bytes = Buffer.from(text, 'latin1')
    sipHash(dayKey, viewOf(bytes), 0, bytes.length, words)
  }

  function readTen(view: DataView, start: number, end: number): void {
    numbers.hash(view, start)
    reader.subject = textOf(numbers.words)
    reader.block = blockOf(numbers.blockWords)
    reader.isProbe = isZeros(view, start, end)
  }

  /** A citizen ID. */
  function readTwelve(view: DataView): void {
    sipHash(dayKey, view, 0, view.byteLength, words)
    reader.subject = textOf(words)
    sipHash(dayKey, view, 0, view.byteLength - BLOCK_DIGITS, words)
    reader.block = blockOf(words)
  }

  function readText(text: string): void {
    const trimmed = text.trim()
    if (trimmed === '' || trimmed === '-' || trimmed.length > MAX_LENGTH) return
    if (HASHED.test(trimmed)) {
      reader.subject = trimmed
      return
    }
    const identifier = trimmed.toUpperCase()
    const person = CARD.exec(identifier)?.[1] ?? identifier
    if (NUMBER.test(person)) {
      const view = viewOf(Buffer.from(person, 'latin1'))
      if (person.length === NUMBER_BYTES) readTen(view, 0, NUMBER_BYTES)
      else readTwelve(view)
      return
    }
    hashText(person)
    reader.subject = textOf(words)
  }

  const reader = {
    words: numbers.words,
    hashNumber(view: DataView, start: number, atMs: number) {
      const end = start + NUMBER_BYTES
      if (!isDigits(view, start, end) || isZeros(view, start, end)) return false
      useKeyOf(atMs)
      numbers.hash(view, start)
      reader.block = blockOf(numbers.blockWords)
      return true
    },
    subject: undefined as string | undefined,
    block: undefined as number | undefined,
    isProbe: false,
    read(view: DataView, start: number, end: number, atMs: number) {
      reader.subject = undefined
      reader.block = undefined
      reader.isProbe = false
      if (end <= start) return
      useKeyOf(atMs)
      if (end - start === NUMBER_BYTES && isDigits(view, start, end)) readTen(view, start, end)
      else readText(latin1(view, start, end))
    },
    readBlock(view: DataView, start: number, end: number, atMs: number) {
      if (end <= start || end - start > MAX_LENGTH) return undefined
      useKeyOf(atMs)
      sipHash(dayKey, view, start, end, words)
      return blockOf(words)
    },
  }
  return reader
}

/** By the lowest four bits. */
const HEX = Uint8Array.from(Buffer.from('0123456789abcdef', 'latin1'))

/** 16 hexadecimal digits, in one go: `Buffer.toString` takes three times as long. */
function textOf({ high, low }: SipWords): string {
  return String.fromCharCode(
    hexOf(high >>> 28),
    hexOf(high >>> 24),
    hexOf(high >>> 20),
    hexOf(high >>> 16),
    hexOf(high >>> 12),
    hexOf(high >>> 8),
    hexOf(high >>> 4),
    hexOf(high >>> 0),
    hexOf(low >>> 28),
    hexOf(low >>> 24),
    hexOf(low >>> 20),
    hexOf(low >>> 16),
    hexOf(low >>> 12),
    hexOf(low >>> 8),
    hexOf(low >>> 4),
    hexOf(low >>> 0),
  )
}

function hexOf(bits: number): number {
  return HEX[bits & 15] as number
}

/** 0 means to the detector that there is no block. */
function blockOf({ low }: SipWords): number {
  return low === 0 ? 1 : low
}

function isDigits(view: DataView, start: number, end: number): boolean {
  for (let i = start; i < end; i += 1) if (view.getUint8(i) < 0x30 || view.getUint8(i) > 0x39) return false
  return true
}

function isZeros(view: DataView, start: number, end: number): boolean {
  for (let i = start; i < end; i += 1) if (view.getUint8(i) !== 0x30) return false
  return true
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
