import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import { checkKey } from '../requests/mask-account.ts'
import { TOKEN_BYTES, tokenText } from '../tallies/account-token.ts'

/**
 * An account as signed lists of users and grants name it: the first 16 letters (`a` to `p`) of HMAC-SHA-256 under the key of the gates.
 * Lists are plain files on mirrors: only who holds the key can tell whose token it is.
 * @param account canonical, as `findAccount` gives it
 * @throws RequestError KEY_TOO_SHORT
 */
export function gateToken(key: Uint8Array, account: string): string {
  return createGateTokens(key)(account)
}

/** The same for many accounts: the key is read once. @throws RequestError KEY_TOO_SHORT */
export function createGateTokens(bytes: Uint8Array): (account: string) => string {
  checkKey(bytes)
  const key = createSecretKey(bytes)
  return (account) => tokenUnder(key, account)
}

function tokenUnder(key: KeyObject, account: string): string {
  return tokenText(createHmac('sha256', key).update(account).digest().subarray(0, TOKEN_BYTES))
}
