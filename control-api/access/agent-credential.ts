import type { KeyObject } from 'node:crypto'
import { compactVerify, decodeProtectedHeader } from 'jose'
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import { ControlError } from '../http/control-error.ts'
import type { Actor, Store } from '../store/store.ts'
import type { AgentKeys } from './agent-keys.ts'
import type { ReplayGuard } from './replay-guard.ts'

/** Longest life of a credential, in seconds: an agent makes a new one for every request. */
const MAX_LIFE_S = 60
const AUDIENCE = 'edgeward-control'

/** What an agent says in its JWT (RFC 7519), `htm` and `htu` as in RFC 9449 §4.2 with the path alone. */
const Claims = Type.Object({
  iss: Type.String(),
  aud: Type.Literal(AUDIENCE),
  iat: Type.Integer(),
  exp: Type.Integer(),
  jti: Type.String({ minLength: 8, maxLength: 128 }),
  htm: Type.String(),
  htu: Type.String(),
})
type Claims = Static<typeof Claims>

/** The request that a credential was made for. */
export interface CredentialUse {
  readonly method: string
  /** Without query. */
  readonly path: string
  readonly nowMs: number
  readonly clockSkewS: number
}

/** The agent behind a credential. @throws ControlError UNAUTHENTICATED, CLOCKS_DIFFER, REPLAYED, REVOKED, BUSY */
export async function agentOf(
  store: Store,
  credential: string,
  use: CredentialUse,
  { replays, keys }: { readonly replays: ReplayGuard; readonly keys: AgentKeys },
): Promise<Actor> {
  const agentId = claimedAgent(credential)
  const agent = await store.read((db) => db.selectFrom('agent').selectAll().where('id', '=', agentId).executeTakeFirst())
  if (agent === undefined) throw new ControlError('UNAUTHENTICATED', 'No agent with this id is enrolled here; enrol it.')
  const claims = await verifiedClaims(credential, keys(agent.public_key))
  if (agent.revoked_at_ms !== null) {
    throw new ControlError(
      'REVOKED',
      `The agent ${agent.name} is revoked: ${agent.revoke_reason ?? ''}. Enrol it again if that is wrong.`,
    )
  }
  requireTimes(claims, use)
  if (claims.iss !== agent.id || claims.htm !== use.method || claims.htu !== use.path) {
    throw new ControlError('UNAUTHENTICATED', 'The credential was made for another request: iss, htm or htu does not fit.')
  }
  const isRead = use.method === 'GET' || use.method === 'HEAD'
  if (!isRead) replays.spend(`${agent.id} ${claims.jti}`, (claims.exp + use.clockSkewS) * 1000, use.nowMs)
  return { person: agent.id, role: 'agent' }
}

function claimedAgent(credential: string): string {
  try {
    const { alg, kid } = decodeProtectedHeader(credential)
    if (alg === 'EdDSA' && kid !== undefined) return kid
  } catch (cause) {
    throw new ControlError('UNAUTHENTICATED', 'The credential is not a JWT.', { cause })
  }
  throw new ControlError('UNAUTHENTICATED', 'The credential must be signed with EdDSA and name its agent in kid.')
}

async function verifiedClaims(credential: string, key: KeyObject): Promise<Claims> {
  const payload = await compactVerify(credential, key, { algorithms: ['EdDSA'] }).catch((cause: unknown) => {
    throw new ControlError('UNAUTHENTICATED', 'The signature of the credential does not fit the agent’s key.', { cause })
  })
  const claims = parseJson(payload.payload)
  if (!Value.Check(Claims, claims)) {
    throw new ControlError('UNAUTHENTICATED', 'The credential must hold iss, aud, iat, exp, jti, htm and htu.')
  }
  return claims
}

function requireTimes(claims: Claims, { nowMs, clockSkewS }: CredentialUse): void {
  if (claims.exp - claims.iat > MAX_LIFE_S || claims.exp < claims.iat) {
    throw new ControlError('UNAUTHENTICATED', `The credential must expire within ${MAX_LIFE_S} s after it was made.`)
  }
  const nowS = nowMs / 1000
  if (nowS <= claims.exp + clockSkewS && nowS >= claims.iat - clockSkewS) return
  const differenceS = Math.round(nowS - claims.iat)
  throw new ControlError(
    'CLOCKS_DIFFER',
    `The clocks differ by ${Math.abs(differenceS)} s: the agent says ${isoOf(claims.iat)}, the control API ${isoOf(nowS)}. Set both by NTP.`,
    {
      vi: `Đồng hồ hai máy lệch nhau ${Math.abs(differenceS)} giây; hãy đồng bộ bằng NTP.`,
      facts: { serverTime: isoOf(nowS), differenceS },
    },
  )
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch (cause) {
    throw new ControlError('UNAUTHENTICATED', 'The credential holds no JSON.', { cause })
  }
}

function isoOf(seconds: number): string {
  const ms = seconds * 1000
  return Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : String(seconds)
}
