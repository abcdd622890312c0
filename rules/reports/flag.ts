import { type Static, Type } from 'typebox'
import { MaskedAccount } from './masked-account.ts'

/** A flagged account as `watch` tells it to `agent` over its socket, a JSON line each. Accounts are masked; nothing names a citizen. */
export const Flag = Type.Object(
  {
    kind: Type.Literal('flag'),
    at: Type.String({ format: 'date-time', description: 'when, log time, ISO 8601' }),
    account: MaskedAccount,
    facility: Type.Union([Type.String({ pattern: '^[0-9]{5}$' }), Type.Null()]),
    rule: Type.String({ maxLength: 64 }),
    action: Type.Union([Type.Literal('watch'), Type.Literal('throttle'), Type.Literal('suspend'), Type.Literal('release')]),
    requests: Type.Integer({ minimum: 0 }),
    subjects: Type.Integer({ minimum: 0 }),
    sources: Type.Array(Type.String({ maxLength: 45 }), { maxItems: 8 }),
    evidence: Type.Object(
      { vi: Type.String({ maxLength: 600 }), en: Type.String({ maxLength: 600 }) },
      { additionalProperties: false },
    ),
    until: Type.Union([Type.String({ format: 'date-time' }), Type.Null()], { description: 'when the action lapses by itself' }),
  },
  { additionalProperties: false },
)
export type Flag = Static<typeof Flag>

/** One line of the stream `GET /flags` on the watch socket: all live flags, then `snapshot-end`, then news, with `alive` at least every 10 s. */
export const FlagLine = Type.Union([
  Flag,
  Type.Object({ kind: Type.Literal('snapshot-end') }, { additionalProperties: false }),
  Type.Object({ kind: Type.Literal('alive') }, { additionalProperties: false }),
])
export type FlagLine = Static<typeof FlagLine>
