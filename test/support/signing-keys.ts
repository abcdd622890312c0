import { generateKeyPairSync } from 'node:crypto'
import type { OnlineKeys } from '../../control-api/publication/key-files.ts'
import { type SigningKey, signingKeyFrom } from '../../control-api/publication/signing-key.ts'

/** Keys that live only in memory. */
export function aKey(name: string): SigningKey {
  return signingKeyFrom(generateKeyPairSync('ed25519').privateKey, name)
}

export function someKeys(): { online: OnlineKeys; root: SigningKey[] } {
  return {
    online: { targets: aKey('targets'), snapshot: aKey('snapshot'), timestamp: aKey('timestamp') },
    root: ['root-1', 'root-2', 'root-3'].map(aKey),
  }
}
