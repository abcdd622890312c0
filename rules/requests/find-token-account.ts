import { findAccount, type PortalAccount } from './find-account.ts'

/** Twice the longest token that the portal gives out. */
const MAX_TOKEN_LENGTH = 256
const BASE64 = /^[A-Za-z0-9+/]{80,}={0,2}$/
/** `base64(32-byte MAC) ":" username ":" Windows-FILETIME` */
const INSIDE = /^[A-Za-z0-9+/]{43}=:([^:]{1,64}):[0-9]{18}$/

/**
 * The account that an access token of the portal names. Only a hint: the MAC cannot be checked here.
 * `text` is the token alone or the value of an `Authorization: Bearer` header. It is a secret: nothing of it is kept or repeated.
 */
export function findTokenAccount(text: string): PortalAccount | undefined {
  if (text.length > MAX_TOKEN_LENGTH) return undefined
  const token = text.trim().replace(/^Bearer +/i, '')
  if (!BASE64.test(token)) return undefined
  const name = INSIDE.exec(Buffer.from(token, 'base64').toString('latin1'))?.[1]
  return name === undefined ? undefined : findAccount(name)
}
