import { createHmac, hkdfSync } from 'node:crypto'
import { createSealer, type Sealer } from '../sms/sealer.ts'

/** What pages keep in browsers: forms tied to the browser they were made for, and who is signed in, sealed. */
export interface PageKeys {
  /** Ties a form to the session of a browser. */
  formToken(session: string): Uint8Array
  readonly sealer: Sealer
}

/** @param secret at least 32 bytes that nobody can guess */
export function createPageKeys(secret: Uint8Array, randomBytes: (size: number) => Uint8Array): PageKeys {
  // A key of its own for each use (RFC 5869).
  const keyFor = (use: string): Uint8Array => new Uint8Array(hkdfSync('sha256', secret, '', `edgeward pages ${use}`, 32))
  const form = keyFor('form')
  return {
    formToken: (session) => createHmac('sha256', form).update(session).digest(),
    sealer: createSealer(keyFor('seal'), randomBytes),
  }
}
