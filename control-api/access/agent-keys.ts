import { createPublicKey, type KeyObject } from 'node:crypto'

/** Opens the public key (Ed25519, base64url) of an agent. */
export type AgentKeys = (publicKey: string) => KeyObject

/** Keeps keys opened: an agent shows its key with each request, and opening one costs as much as half of judging its signature. */
export function createAgentKeys(maxKeys: number): AgentKeys {
  const kept = new Map<string, KeyObject>()
  return (publicKey) => {
    const known = kept.get(publicKey)
    if (known !== undefined) return known
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey }, format: 'jwk' })
    if (kept.size >= maxKeys) kept.delete(kept.keys().next().value ?? publicKey)
    kept.set(publicKey, key)
    return key
  }
}
