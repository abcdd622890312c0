import { GATE_REASON_CODES, GATE_REASONS, type GateReason } from '../../rules/gate/gate-reason.ts'
import type { GateDecision, GateRequest } from '../../rules/gate/gate-request.ts'
import { judgeRequest } from '../../rules/gate/judge-request.ts'
import { type AskedRequest, createGateReader } from '../../rules/gate/read-gate-request.ts'
import { createUserUseBook, type UserUseBook } from '../../rules/users/user-use-book.ts'
import type { DecidedRow, ProxyDecisions } from '../haproxy/read-decisions.ts'
import { createClientNames } from './client-software.ts'
import type { GateHolder } from './gate-holder.ts'
import type { RehearsalBook } from './rehearsal-book.ts'

/** An account that is one person's: the facility and a citizen ID. */
const NAMED = /^[0-9]{5}_[0-9]{12}$/

/** What was decided since the start. */
export interface GateCounts {
  passed: number
  refused: number
  /** Requests that no proxy of ours sends: without target or address. */
  unreadable: number
  readonly byReason: Readonly<Record<GateReason, { refused: number; would: number }>>
}

/** Decides requests, and notes what came of each. */
export interface GateDesk {
  /** `undefined` for what is no request of a proxy. */
  decide(asked: AskedRequest, userAgent: string | undefined): GateDecision | undefined
  /** Counts what a proxy decided by itself, as if it had asked here. */
  hear(decisions: ProxyDecisions): void
  readonly counts: GateCounts
  /** On which day named users were last let through. 1923/BHXH-CNTT §1b */
  readonly userUses: UserUseBook
}

/** @param key at least 16 bytes; see `createGateReader` */
export function createGateDesk(holder: GateHolder, book: RehearsalBook, key: Uint8Array): GateDesk {
  const reader = createGateReader(key)
  const clientOf = createClientNames()
  const userUses = createUserUseBook()
  const counts: GateCounts = {
    passed: 0,
    refused: 0,
    unreadable: 0,
    byReason: Object.fromEntries(GATE_REASON_CODES.map((code) => [code, { refused: 0, would: 0 }])) as GateCounts['byReason'],
  }

  function note(request: GateRequest, decision: GateDecision, userAgent: string | undefined): void {
    const { reason, would } = decision
    for (const one of would) counts.byReason[one].would += 1
    if (reason !== undefined) counts.byReason[reason].refused += 1
    const { account, facility } = request
    const province = provinceOf(facility)
    const keys = account === undefined ? undefined : holder.keysOf(account)
    const token = isNamed(account) ? keys?.tokens[0] : undefined
    book.take(request, decision, { account: keys?.masked, province, client: clientOf(userAgent), token })
  }

  function provinceOf(facility: string | undefined): string | undefined {
    return facility === undefined ? undefined : (holder.state.facilities?.provinceOf(facility) ?? facility.slice(0, 2))
  }

  /** Into the book as one request at the first instant and the rest at the last: after hours without `watch` a row may stand for millions. */
  function noteRow({ reason, would, refused, firstMs, lastMs, userAgent, ...row }: DecidedRow): void {
    counts.byReason[reason].would += would
    counts.byReason[reason].refused += refused
    const { account, facility, token, source, function: called, class: kind } = row
    const face = {
      account,
      province: provinceOf(facility),
      client: clientOf(userAgent),
      token: isNamed(account) ? token : undefined,
    }
    const { status } = GATE_REASONS[reason]
    const like = { ip: source, account, accountSource: undefined, facility, function: called, class: kind, method: '' }
    const passing = { status: 204, reason: undefined, would: [reason] } as const
    for (const [decision, times] of [
      [passing, would],
      [{ status, reason, would: [] }, refused],
    ] as const) {
      if (times > 0) book.take({ ...like, atMs: firstMs }, decision, face)
      if (times > 1) book.take({ ...like, atMs: lastMs }, decision, face, times - 1)
    }
  }

  /** Each look-up under a grant renews it. 1232/BHXH-CNTT */
  function useGrant({ account, class: kind, atMs, accountSource }: GateRequest): void {
    if (holder.grants === undefined || account === undefined || accountSource === 'correlation') return
    if (!holder.state.policy.judges('otp', kind)) return
    for (const token of holder.keysOf(account).tokens) if (holder.grants.use(token, atMs) !== 'none') return
  }

  /** Only whom the signed list knows: whoever invents accounts fills nothing. */
  function seeUser({ account, accountSource, atMs }: GateRequest): void {
    if (account === undefined || accountSource === 'correlation' || !NAMED.test(account)) return
    for (const token of holder.keysOf(account).tokens) {
      if (holder.state.users?.find(token) === undefined) continue
      userUses.use(token, atMs)
      return
    }
  }

  return {
    counts,
    userUses,
    hear({ passed, refused, rows }) {
      counts.passed += passed
      counts.refused += refused
      for (const row of rows) noteRow(row)
    },
    decide(asked, userAgent) {
      const request = reader.read(asked)
      if (request === undefined) {
        counts.unreadable += 1
        return undefined
      }
      const decision = judgeRequest(request, holder.state)
      if (decision.reason === undefined) {
        counts.passed += 1
        reader.letThrough()
        useGrant(request)
        seeUser(request)
      } else counts.refused += 1
      if (decision.reason !== undefined || decision.would.length > 0) note(request, decision, userAgent)
      return decision
    },
  }
}

/** More than a facility's own account has. */
function isNamed(account: string | undefined): boolean {
  return account !== undefined && account.length > 10
}
