import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import { checkKey } from '../requests/mask-account.ts'

/** 64 bits: among a million accounts two share a token once in thirty-seven thousand fleets. */
export const TOKEN_BYTES = 8
const FIRST_LETTER = 97

/**
 * An account as it travels from an edge to central: 16 letters `a` to `p`. Only who holds the key of the edges can tell whose it is.
 * @throws RequestError KEY_TOO_SHORT
 */
export function accountToken(account: string, key: Uint8Array): string {
  return createAccountTokens(key)(account)
}

/** The same for many accounts: the key is read once. @throws RequestError KEY_TOO_SHORT */
export function createAccountTokens(bytes: Uint8Array): (account: string) => string {
  checkKey(bytes)
  const key = createSecretKey(bytes)
  return (account) => tokenUnder(key, account)
}

function tokenUnder(key: KeyObject, account: string): string {
  return tokenText(createHmac('sha256', key).update('tally\0').update(account).digest().subarray(0, TOKEN_BYTES))
}

/** Eight bytes as letters, a letter for each half. */
export function tokenText(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(FIRST_LETTER + (byte >>> 4), FIRST_LETTER + (byte & 15))
  return text
}

/** The bytes behind a token. */
export function tokenBytes(token: string): Uint8Array {
  return Uint8Array.from(
    { length: TOKEN_BYTES },
    (_, at) => ((token.charCodeAt(at * 2) - FIRST_LETTER) << 4) | (token.charCodeAt(at * 2 + 1) - FIRST_LETTER),
  )
}
