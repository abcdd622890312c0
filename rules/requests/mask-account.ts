import { createHmac } from 'node:crypto'
import { RequestError } from './request-error.ts'

/** Fewer bytes than this, and the 12-digit space could be searched together with the key. */
const MIN_KEY_BYTES = 16
/** 48 bits: no two of a province's officers share a token but once in some ten thousand provinces. */
const TOKEN_BYTES = 6
/** Maximal runs of ten digits (BHXH number), twelve (citizen ID) or more. */
const IDENTIFIER_RUN = /\d{10,}/g

/**
 * Gives the account a form that may be stored, logged, reported and shown.
 * `01234_<12 digits>` becomes `01234_` and a token of 12 letters (`a` to `p`), a bare citizen ID becomes the token alone;
 * `01234_BV`, `01234_TC` and `01234` name nobody and stay. The same key gives the same token for the same citizen ID.
 * Letters only, so that a token is never taken for an identifier itself.
 * @throws RequestError KEY_TOO_SHORT
 */
export function maskAccount(account: string, key: Uint8Array): string {
  checkKey(key)
  return account.replace(IDENTIFIER_RUN, (digits) => tokenOf(digits, key))
}

/**
 * `maskAccount` with a bounded memory of what it masked last, for the account of every request.
 * @throws RequestError KEY_TOO_SHORT
 */
export function createMasker(key: Uint8Array, maxEntries = 65_536): (account: string) => string {
  checkKey(key)
  const masked = new Map<string, string>()
  return (account) => {
    if (account.length < 10) return account
    const known = masked.get(account)
    if (known !== undefined) return known
    const fresh = maskAccount(account, key)
    const oldest = masked.size >= maxEntries ? masked.keys().next().value : undefined
    if (oldest !== undefined) masked.delete(oldest)
    masked.set(account, fresh)
    return fresh
  }
}

/** @throws RequestError KEY_TOO_SHORT */
export function checkKey(key: Uint8Array): void {
  if (key.length >= MIN_KEY_BYTES) return
  throw new RequestError(
    'KEY_TOO_SHORT',
    `Cannot mask accounts: the key has ${key.length} bytes, at least ${MIN_KEY_BYTES} are needed`,
  )
}

function tokenOf(digits: string, key: Uint8Array): string {
  const hex = createHmac('sha256', key).update('account\0').update(digits).digest('hex')
  return hex.slice(0, TOKEN_BYTES * 2).replace(/./g, (nibble) => 'abcdefghijklmnop'.charAt(Number.parseInt(nibble, 16)))
}
