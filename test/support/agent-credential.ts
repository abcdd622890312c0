import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { SignJWT } from 'jose'

/** An edge's key as the control API meets it. */
export interface AgentKey {
  readonly privateKey: KeyObject
  /** 32 bytes, base64url. */
  readonly publicKey: string
}

export function anAgentKey(): AgentKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const { x } = publicKey.export({ format: 'jwk' })
  return { privateKey, publicKey: x ?? '' }
}

export interface CredentialClaims {
  readonly agentId: string
  readonly method: string
  readonly path: string
  readonly atMs: number
  readonly jti: string
  readonly lifeS?: number
  readonly audience?: string
}

/** The Authorization header that an agent makes for one request. */
export async function agentAuthorization(key: AgentKey, claims: CredentialClaims): Promise<{ authorization: string }> {
  const iat = Math.floor(claims.atMs / 1000)
  const jwt = await new SignJWT({ jti: claims.jti, htm: claims.method, htu: claims.path })
    .setProtectedHeader({ alg: 'EdDSA', kid: claims.agentId })
    .setIssuer(claims.agentId)
    .setAudience(claims.audience ?? 'edgeward-control')
    .setIssuedAt(iat)
    .setExpirationTime(iat + (claims.lifeS ?? 60))
    .sign(key.privateKey)
  return { authorization: `Bearer ${jwt}` }
}
