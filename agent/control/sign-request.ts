import { type KeyObject, randomUUID } from 'node:crypto'
import { SignJWT } from 'jose'
import type { Clock } from '../../rules/time/clock.ts'

/** Seconds a signed request is good for. */
const LIFETIME_S = 60

/** Who the agent is to the control API. */
export interface AgentIdentity {
  readonly agentId: string
  readonly name: string
  /** Ed25519; never leaves the machine. */
  readonly privateKey: KeyObject
}

/** Makes the Authorization header of one request: a short-lived token bound to its method and path (RFC 7519, EdDSA by RFC 8037). */
export function createRequestSigner(identity: AgentIdentity, clock: Clock): (method: string, path: string) => Promise<string> {
  return async (method, path) => {
    const issuedAtS = Math.floor(clock.nowMs() / 1000)
    const token = await new SignJWT({ htm: method, htu: path })
      .setProtectedHeader({ alg: 'EdDSA', kid: identity.agentId })
      .setIssuer(identity.agentId)
      .setAudience('edgeward-control')
      .setIssuedAt(issuedAtS)
      .setExpirationTime(issuedAtS + LIFETIME_S)
      .setJti(randomUUID())
      .sign(identity.privateKey)
    return `Bearer ${token}`
  }
}
