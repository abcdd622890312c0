import { type Static, Type } from 'typebox'
import { GATE_REASON_CODES, type GateReason } from '../gate/gate-reason.ts'
import { GATE_RULES, type GateRule } from '../gate/gate-rule.ts'
import { MaskedAccount } from '../reports/masked-account.ts'

/** Counts in one message; what is left goes with the next. */
export const MAX_REHEARSAL_COUNTS = 1000
/** A message of that many in their longest form stays below. */
export const MAX_REHEARSAL_BYTES = 1_048_576

const closed = { additionalProperties: false } as const
const second = Type.Integer({ minimum: 0, maximum: 2 ** 40, description: 'second since 1970' })
const count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })

/**
 * What a rule refused or would have refused on one day of one account, function, source and client software at an edge, from midnight on: sums that only grow, so that a count that
 * comes twice, late, or not at all and then anew is right all the same.
 */
export const RehearsalCount = Type.Object(
  {
    day: Type.String({ pattern: '^20[0-9]{2}-[0-9]{2}-[0-9]{2}$', description: 'in Asia/Ho_Chi_Minh' }),
    reason: Type.Unsafe<GateReason>(Type.String({ pattern: `^(${GATE_REASON_CODES.join('|')})$` })),
    province: Type.Union([Type.String({ pattern: '^[0-9]{2}$' }), Type.Null()]),
    facility: Type.Union([Type.String({ pattern: '^[0-9]{5}$' }), Type.Null()]),
    account: Type.Union([MaskedAccount, Type.Null()], {
      description:
        'one that names no person as it is, any other by its token under a gate key (or masked, where the edge has none)',
    }),
    function: Type.String({ pattern: '^[A-Za-z0-9/]{1,64}$' }),
    source: Type.String({ pattern: '^[0-9a-f.:]{2,45}$' }),
    client: Type.String({
      maxLength: 80,
      pattern: '^(?!.*[0-9]{10})[ -~]*$',
      description: 'client software by its User-Agent, without identifiers; empty where the client named none',
    }),
    would: count,
    refused: count,
    firstAt: second,
    lastAt: second,
  },
  closed,
)
export type RehearsalCount = Static<typeof RehearsalCount>

/** What an edge tells central of its rehearsal: body of `POST /v1/rehearsal-counts`. */
export const RehearsalCounts = Type.Object(
  {
    policy: Type.Union([Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }), Type.Null()], {
      description: 'version of the signed policy that the edge goes by; `null`: its own or the shipped one',
    }),
    judged: Type.Array(Type.Unsafe<GateRule>(Type.String({ pattern: `^(${GATE_RULES.join('|')})$` })), {
      maxItems: GATE_RULES.length,
      uniqueItems: true,
      description: 'rules that count there now: on, and with the list that they judge by',
    }),
    unlisted: Type.Integer({
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'requests for which the edge had no room, since its book was begun',
    }),
    counts: Type.Array(RehearsalCount, { maxItems: MAX_REHEARSAL_COUNTS }),
  },
  closed,
)
export type RehearsalCounts = Static<typeof RehearsalCounts>

/** The same as `watch` tells its agent, with where to go on: numbers of change hold for one start of `watch`. */
export const ToldRehearsal = Type.Object(
  {
    boot: Type.String({ pattern: '^[0-9a-f]{16}$' }),
    change: Type.Integer({ minimum: 0 }),
    ...RehearsalCounts.properties,
    // A row may have changed on several days.
    counts: Type.Array(RehearsalCount, { maxItems: 2 * MAX_REHEARSAL_COUNTS }),
  },
  closed,
)
export type ToldRehearsal = Static<typeof ToldRehearsal>
