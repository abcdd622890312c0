import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto'
import { Key, Signature } from '@tufjs/models'
import { PublicationError } from './publication-error.ts'

/** An Ed25519 key of one TUF role. The private half stays inside. */
export interface SigningKey {
  readonly key: Key
  sign(bytes: Buffer): Signature
}

/** @throws PublicationError KEY_UNUSABLE */
export function parseSigningKey(pem: string, name: string): SigningKey {
  return signingKeyFrom(privateKeyFrom(pem, name), name)
}

/** @throws PublicationError KEY_UNUSABLE */
export function signingKeyFrom(privateKey: KeyObject, name: string): SigningKey {
  if (privateKey.asymmetricKeyType !== 'ed25519') {
    throw new PublicationError(
      'KEY_UNUSABLE',
      `Cannot sign with ${name}: it holds a ${privateKey.asymmetricKeyType} key, not Ed25519`,
    )
  }
  const key = publicKeyOf(privateKey)
  return { key, sign: (bytes) => new Signature({ keyID: key.keyID, sig: sign(null, bytes, privateKey).toString('hex') }) }
}

function privateKeyFrom(pem: string, name: string): KeyObject {
  try {
    return createPrivateKey(pem)
  } catch (cause) {
    throw new PublicationError('KEY_UNUSABLE', `Cannot read ${name}: it holds no private key in PEM form`, { cause })
  }
}

function publicKeyOf(privateKey: KeyObject): Key {
  // The last 32 bytes of an Ed25519 SubjectPublicKeyInfo are the key itself. RFC 8410 §4.
  const raw = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32)
  const keyval = { public: raw.toString('hex') }
  // TUF specification §4.2: the id is the SHA-256 of the key's canonical JSON (keys in order).
  const canonical = JSON.stringify({ keytype: 'ed25519', keyval, scheme: 'ed25519' })
  const keyID = createHash('sha256').update(canonical).digest('hex')
  return new Key({ keyID, keyType: 'ed25519', scheme: 'ed25519', keyVal: keyval })
}
