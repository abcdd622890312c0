import { type Static, Type } from 'typebox'

/** `POST /v1/agents/enrol`: spends a one-time token and binds the agent's public key. The private key never leaves the edge. */
export const EnrolRequest = Type.Object(
  {
    token: Type.String({ minLength: 20, maxLength: 200, description: 'one-time enrolment token' }),
    name: Type.String({ pattern: '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$', description: 'name of the edge, a DNS label' }),
    publicKey: Type.String({ pattern: '^[A-Za-z0-9_-]{43}$', description: 'Ed25519 public key, 32 bytes, base64url' }),
  },
  { additionalProperties: false },
)
export type EnrolRequest = Static<typeof EnrolRequest>

export const EnrolResponse = Type.Object(
  { agentId: Type.String(), root: Type.String({ description: 'TUF root metadata (JSON text) to pin' }) },
  { additionalProperties: false },
)
export type EnrolResponse = Static<typeof EnrolResponse>
