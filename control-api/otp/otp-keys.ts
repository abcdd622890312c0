import { createHmac, hkdfSync } from 'node:crypto'
import { createPageKeys, type PageKeys } from '../pages/page-keys.ts'
import { createSealer, type Sealer } from '../sms/sealer.ts'

/** All that is made from the one secret of `otp.key`. */
export interface OtpKeys {
  /** For what must be read again: phone numbers, accounts, messages that wait. */
  readonly sealer: Sealer
  /** What stands for a value where it is only compared: a ten-digit number could be searched for under a plain hash. */
  fingerprint(kind: 'bhxh' | 'phone' | 'account' | 'source', value: string): string
  /** What is kept of a code. */
  codeHash(requestId: string, code: string): Uint8Array
  /** For the pages of this service. */
  readonly pages: PageKeys
}

/** @param secret at least 32 bytes that nobody can guess */
export function createOtpKeys(secret: Uint8Array, randomBytes: (size: number) => Uint8Array): OtpKeys {
  // A key of its own for each use (RFC 5869).
  const keyFor = (use: string): Uint8Array => new Uint8Array(hkdfSync('sha256', secret, '', `edgeward otp ${use}`, 32))
  const [found, code] = [keyFor('fingerprint'), keyFor('code')]
  const mac = (key: Uint8Array, ...parts: readonly string[]): Buffer =>
    createHmac('sha256', key).update(parts.join('\0')).digest()
  return {
    sealer: createSealer(keyFor('seal'), randomBytes),
    fingerprint: (kind, value) => mac(found, kind, value).toString('hex'),
    codeHash: (requestId, digits) => mac(code, requestId, digits),
    pages: createPageKeys(secret, randomBytes),
  }
}
