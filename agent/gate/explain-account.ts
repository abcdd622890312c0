import { type Static, Type } from 'typebox'
import { GATE_REASONS, type GateReason } from '../../rules/gate/gate-reason.ts'
import { judgeRequest } from '../../rules/gate/judge-request.ts'
import { createRateLimits } from '../../rules/gate/rate-limits.ts'
import type { FunctionClass, FunctionName } from '../../rules/requests/attributed-request.ts'
import { findAccount } from '../../rules/requests/find-account.ts'
import type { GateHolder } from './gate-holder.ts'

const closed = { additionalProperties: false } as const
const instant = Type.Union([Type.String(), Type.Null()])

/** What the gate would say to an account now, asked from an address that is its own: `GET /gate-account?account=…`. */
export const GateAccount = Type.Object(
  {
    account: Type.String({ description: 'masked' }),
    suspendedUntil: instant,
    throttledUntil: instant,
    user: Type.Union([
      Type.Null(),
      Type.Object({ state: Type.String(), rights: Type.Array(Type.String()), until: instant }, closed),
    ]),
    grant: Type.Union([Type.Null(), Type.Object({ standing: Type.String(), until: instant }, closed)]),
    answers: Type.Array(
      Type.Object(
        {
          function: Type.String(),
          status: Type.Integer(),
          reason: Type.Union([Type.String(), Type.Null()]),
          would: Type.Array(Type.String()),
          words: Type.Object({ vi: Type.String(), en: Type.String() }, closed),
        },
        closed,
      ),
    ),
  },
  closed,
)
export type GateAccount = Static<typeof GateAccount>

const ASKED: readonly (readonly [FunctionName, FunctionClass])[] = [
  ['token/take', 'token'],
  ['KQNhanLichSuKCB2024', 'lookup'],
  ['Lskcb2025', 'history'],
  ['nhanHoSoKCBChiTiet', 'record'],
]

/** What holds for an account; `undefined` for a text that is none. Counts nothing. */
export function explainAccount(text: string, holder: GateHolder, nowMs: number): GateAccount | undefined {
  const account = findAccount(text)
  if (account === undefined) return undefined
  const { state, users, grants } = holder
  const { masked, tokens } = holder.keysOf(account.name)
  const standing = state.standingOf(account.name, nowMs)
  const until = (action: string): string | null =>
    standing?.action === action && nowMs < standing.untilMs ? instantText(standing.untilMs) : null
  const user = tokens.map((token) => users?.find(token)).find((found) => found !== undefined)
  const token = tokens.find((one) => grants !== undefined && grants.standing(one, nowMs) !== 'none')
  // Where a request comes from is not asked about: from an address of its own facility.
  const facilities = state.facilities && { ...state.facilities, isOwner: () => true }
  const calm = { ...state, facilities, rates: createRateLimits(10), throttles: createRateLimits(10) }
  return {
    account: masked,
    suspendedUntil: until('suspend'),
    throttledUntil: until('throttle'),
    user:
      user === undefined
        ? null
        : { state: user.state, rights: [...user.rights], until: user.untilMs === null ? null : instantText(user.untilMs) },
    grant:
      token === undefined || grants === undefined
        ? null
        : { standing: grants.standing(token, nowMs), until: endText(grants.find(token)) },
    answers: ASKED.map(([called, kind]) => {
      const { status, reason, would } = judgeRequest(
        {
          atMs: nowMs,
          ip: '0.0.0.0',
          account: account.name,
          accountSource: 'query',
          facility: account.facility,
          function: called,
          class: kind,
          method: 'POST',
        },
        calm,
      )
      return { function: called, status, reason: reason ?? null, would: [...would], words: wordsOf(reason) }
    }),
  }
}

function wordsOf(reason: GateReason | undefined): { vi: string; en: string } {
  if (reason === undefined) return { vi: '', en: '' }
  const { vi, en } = GATE_REASONS[reason]
  return { vi, en }
}

function endText(grant: { readonly idleEndsMs: number; readonly endsMs: number } | undefined): string | null {
  return grant === undefined ? null : instantText(Math.min(grant.idleEndsMs, grant.endsMs))
}

/** A flag without an end has one that no `Date` holds. */
function instantText(ms: number): string | null {
  return Number.isFinite(ms) ? new Date(ms).toISOString() : null
}
