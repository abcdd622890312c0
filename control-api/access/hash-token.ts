import { createHash } from 'node:crypto'

/**
 * What is kept of a token. Tokens are 32 random bytes, so a plain hash cannot be guessed back, and looking the hash up tells nothing
 * about the token by its timing.
 */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
