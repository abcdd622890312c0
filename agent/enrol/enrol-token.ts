import { createHash } from 'node:crypto'
import { EnrolError } from './enrol-error.ts'

/** A one-time token: the secret to spend, and the fingerprint of the root metadata to expect, so that a false control API cannot give us its own. */
export interface EnrolToken {
  /** The whole text, as it is sent. Secret. */
  readonly text: string
  /** First 32 hex digits of the SHA-256 of the root metadata's bytes. */
  readonly rootFingerprint: string
}

/** Reads a token as it stands in a file; white space around it is left out. @throws EnrolError TOKEN_MALFORMED, without quoting it */
export function parseEnrolToken(text: string): EnrolToken {
  const token = text.trim()
  const match = /^[A-Za-z0-9_-]{16,160}\.([0-9a-f]{32})$/.exec(token)
  if (match?.[1] === undefined)
    throw new EnrolError(
      'TOKEN_MALFORMED',
      `Cannot read the enrolment token: its ${token.length} characters are not of the agreed form`,
    )
  return { text: token, rootFingerprint: match[1] }
}

/** The fingerprint of root metadata, as tokens carry it. */
export function rootFingerprintOf(rootText: string): string {
  return createHash('sha256').update(rootText).digest('hex').slice(0, 32)
}
