import { createHash } from 'node:crypto'

/** An access token as the portal's clients send it, with a MAC that is none: `base64(base64(32 bytes) ":" username ":" FILETIME)`. */
export function anAccessToken(username: string): string {
  const mac = createHash('sha256').update(`no secret: ${username}`).digest('base64')
  return Buffer.from(`${mac}:${username}:133767936000000000`).toString('base64')
}
