import { findRight } from '../users/user-right.ts'
import { STRENGTH } from './compile-policy.ts'
import { GATE_REASONS, type GateReason } from './gate-reason.ts'
import type { GateDecision, GateRequest } from './gate-request.ts'
import { GATE_RULES, type GateRule } from './gate-rule.ts'
import type { GateState } from './gate-state.ts'

const NOTHING: readonly GateReason[] = []
const PASSES: GateDecision = { status: 204, reason: undefined, would: NOTHING }
const NOBODY: readonly string[] = []
/** The facility of an account; a bare citizen ID has none. */
const FACILITY = /^[0-9]{5}(?=_|$)/
/** An account that names no person: of a facility, `01234_BV`, `01234_TC`, `01234`. */
const SHARED = /^[0-9]{5}(?:_(?:BV|TC))?$/

/** What a rule holds against a request, if anything. */
type Objection = GateReason | undefined

/**
 * Judges one request against what is held in memory. Rules are asked in the order of `GATE_RULES`; the first that enforces and objects refuses, and no
 * later one is asked. Nothing but the limits of `state` is changed: a refused request is counted for no limit.
 */
export function judgeRequest(request: GateRequest, state: GateState): GateDecision {
  const dateMs = state.dateMs(request.atMs)
  const modes = state.policy.modesAt(dateMs)
  let would: GateReason[] | undefined
  let rehearsal: GateReason | undefined
  for (let i = 0; i < GATE_RULES.length; i += 1) {
    let strength = modes[i] as number
    if (strength === STRENGTH.off) continue
    const rule = GATE_RULES[i] as GateRule
    const waitMs = rule === 'throttled' ? throttleMs(request, state) : rule === 'rate' ? rateMs(request, state) : 0
    const reason = waitMs > 0 ? (rule === 'rate' ? 'TOO_FAST' : 'ACCOUNT_THROTTLED') : objectionOf(rule, request, state)
    if (reason === undefined) continue
    if (strength === STRENGTH.enforce && isSpared(rule, request, state, dateMs)) strength = STRENGTH.rehearse
    if (strength === STRENGTH.enforce) {
      const refused = { status: GATE_REASONS[reason].status, reason, would: would ?? NOTHING }
      return waitMs > 0 ? { ...refused, retryAfterS: Math.ceil(waitMs / 1000) } : refused
    }
    would ??= []
    would.push(reason)
    if (strength === STRENGTH.rehearse) rehearsal ??= reason
  }
  if (would === undefined) return PASSES
  return rehearsal === undefined
    ? { status: 204, reason: undefined, would }
    : { status: 204, reason: undefined, would, rehearsal }
}

/** True where a rule that is enforced does not bite yet, or for nobody whom the request names. */
function isSpared(rule: GateRule, request: GateRequest, state: GateState, dateMs: number): boolean {
  const { policy } = state
  if (rule === 'retired' && dateMs < (policy.stopOf(request.function) ?? 0)) return true
  const tokensOf = (named: string): readonly string[] => state.tokensOf(named)
  const isExempt = (account: string | undefined, facility: string | undefined): boolean => {
    const province = facility === undefined ? undefined : (state.facilities?.provinceOf(facility) ?? facility.slice(0, 2))
    return policy.exemptions.find(rule, { account, facility, province, tokensOf }, dateMs) !== undefined
  }
  const { account, facility, otherAccounts = NOBODY } = request
  return isExempt(account, facility) && otherAccounts.every((other) => isExempt(other, FACILITY.exec(other)?.[0]))
}

function objectionOf(rule: GateRule, request: GateRequest, state: GateState): Objection {
  if (rule === 'retired') return state.policy.stopOf(request.function) === undefined ? undefined : 'FUNCTION_RETIRED'
  if (rule === 'rate' || rule === 'throttled' || !state.policy.judges(rule, request.class)) return undefined
  switch (rule) {
    case 'suspended':
      return findUnder('suspend', request, state) === undefined ? undefined : 'ACCOUNT_SUSPENDED'
    case 'unnamed':
      return request.account === undefined ? 'ACCOUNT_UNNAMED' : undefined
    case 'shared':
      return request.account !== undefined && SHARED.test(request.account) ? 'SHARED_ACCOUNT' : undefined
    case 'user':
      return userObjection(request, state)
    case 'address':
      return addressObjection(request, state)
    case 'otp':
      return otpObjection(request, state)
    case 'hours':
      return state.policy.isOpen(request.atMs) ? undefined : 'OUT_OF_HOURS'
  }
}

function userObjection({ account, class: called, atMs }: GateRequest, state: GateState): Objection {
  const { users } = state
  if (users === undefined || account === undefined || SHARED.test(account)) return undefined
  const tokens = state.tokensOf(account)
  if (tokens.length === 0) return undefined
  const user = users.find(tokens[0] ?? '') ?? (tokens.length > 1 ? users.find(tokens[1] ?? '') : undefined)
  if (user === undefined) return 'USER_UNKNOWN'
  if (user.state === 'disabled' || (user.untilMs !== null && atMs >= user.untilMs)) return 'USER_DISABLED'
  const right = findRight(called)
  return right === undefined || user.rights.includes(right) ? undefined : 'RIGHT_MISSING'
}

function addressObjection({ facility, ip }: GateRequest, { facilities }: GateState): Objection {
  if (facilities === undefined || facility === undefined) return undefined
  return facilities.isOwner(facility, ip) ? undefined : 'ADDRESS_OF_OTHER'
}

/** A name that is only guessed (by the last log-in from that address) has no grant: the guess is made by whoever sends the requests. */
function otpObjection(request: GateRequest, state: GateState): Objection {
  const { account, accountSource, otherAccounts = NOBODY } = request
  if (state.grants === undefined) return undefined
  if (account === undefined || accountSource === 'correlation') return 'OTP_NEEDED'
  const own = grantObjection(account, request, state)
  if (own !== undefined || otherAccounts.length === 0) return own
  for (const other of otherAccounts) {
    const objection = grantObjection(other, request, state)
    if (objection !== undefined) return objection
  }
  return undefined
}

function grantObjection(account: string, { atMs }: GateRequest, state: GateState): Objection {
  const { grants } = state
  const tokens = state.tokensOf(account)
  if (tokens.length === 0 || grants === undefined) return undefined
  const first = grants.standing(tokens[0] ?? '', atMs)
  const standing = first === 'none' && tokens.length > 1 ? grants.standing(tokens[1] ?? '', atMs) : first
  return standing === 'live' ? undefined : standing === 'lapsed' ? 'OTP_LAPSED' : 'OTP_NEEDED'
}

function throttleMs(request: GateRequest, state: GateState): number {
  if (!state.policy.judges('throttled', request.class)) return 0
  const account = findUnder('throttle', request, state)
  return account === undefined ? 0 : state.throttles.take('throttled', account, request.atMs, state.policy.source.throttled)
}

function rateMs({ account, function: called, class: kind, atMs }: GateRequest, state: GateState): number {
  const rate = account === undefined ? undefined : state.policy.rateOf(called, kind)
  return account === undefined || rate === undefined ? 0 : state.rates.take(called, account, atMs, rate)
}

/** The account that is under this action, of those that the request names. */
function findUnder(
  action: 'throttle' | 'suspend',
  { account, otherAccounts = NOBODY, atMs }: GateRequest,
  state: GateState,
): string | undefined {
  if (account !== undefined && isLive(action, account, atMs, state)) return account
  return otherAccounts.find((other) => isLive(action, other, atMs, state))
}

function isLive(action: 'throttle' | 'suspend', account: string, atMs: number, state: GateState): boolean {
  const standing = state.standingOf(account, atMs)
  return standing !== undefined && standing.action === action && atMs < standing.untilMs
}
