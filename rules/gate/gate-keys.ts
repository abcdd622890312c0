import { createHash } from 'node:crypto'
import { type Static, Type } from 'typebox'

export const GATE_KEY_BYTES = 32
/** The one that is used, and the one before while a rotation lasts. */
const MAX_KEYS = 2
const LINES = /^(?:[0-9a-f]{64}\n){1,2}$/

/**
 * Keys of the gate's tokens, newest first. While a rotation lasts there are two, and an account is known by either token.
 * Secret: whoever holds one can try all citizen IDs against the signed documents.
 */
export type GateKeys = readonly Uint8Array[]

/** `GET /v1/agents/gate-key`: for agents alone, and never a target. */
export const GateKeyAnswer = Type.Object(
  {
    keys: Type.Array(Type.String({ pattern: '^[0-9a-f]{64}$' }), {
      minItems: 1,
      maxItems: MAX_KEYS,
      description: 'newest first; two while a rotation lasts',
    }),
  },
  { additionalProperties: false },
)
export type GateKeyAnswer = Static<typeof GateKeyAnswer>

/** How documents name a key: enough to tell two apart, nothing to compute with. */
export function gateKeyId(key: Uint8Array): string {
  return createHash('sha256').update('edgeward gate key\0').update(key).digest('hex').slice(0, 16)
}

/** The text of `gate.key`: a line of 64 hex digits for each key, newest first. */
export function formatGateKeys(keys: GateKeys): string {
  return keys
    .slice(0, MAX_KEYS)
    .map((key) => `${Buffer.from(key).toString('hex')}\n`)
    .join('')
}

/** Reads what `formatGateKeys` wrote; `undefined` for anything else. */
export function findGateKeys(text: string): GateKeys | undefined {
  if (!LINES.test(text)) return undefined
  return text
    .trimEnd()
    .split('\n')
    .map((line) => Buffer.from(line, 'hex'))
}
