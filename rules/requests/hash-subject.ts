import { createHmac } from 'node:crypto'

/** A keyed hash made by the proxy or its helper: 32 to 128 hexadecimal digits, or 32 bytes as base64url. No identifier is that long. */
const HASHED = /^(?:(?:[0-9a-f]{2}){16,64}|[A-Za-z0-9_-]{43}=?)$/
/** Longer than any identifier or hash: whatever it is, it names nobody. */
const MAX_LENGTH = 256
/** Insurance card: kind, entitlement, province, then the ten digits of the person's BHXH number. */
const CARD = /^[A-Z]{2}[1-5][0-9]{2}([0-9]{10})$/

/**
 * The person looked up, as 32 hexadecimal digits that only the holder of `key` can tie to an identifier.
 * A text that is a hash already is kept as it is. A card and the BHXH number it holds are one person. `undefined` for nobody.
 */
export function hashSubject(text: string, key: Uint8Array): string | undefined {
  const subject = text.trim()
  if (subject === '' || subject === '-' || subject.length > MAX_LENGTH) return undefined
  if (HASHED.test(subject)) return subject
  const identifier = subject.toUpperCase()
  const person = CARD.exec(identifier)?.[1] ?? identifier
  return createHmac('sha256', key).update('subject\0').update(person).digest('hex').slice(0, 32)
}
