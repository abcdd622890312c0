import { compilePolicy } from '../../rules/gate/compile-policy.ts'
import type { GateRequest } from '../../rules/gate/gate-request.ts'
import type { GateState } from '../../rules/gate/gate-state.ts'
import { parsePolicySource } from '../../rules/gate/policy-document.ts'
import { createRateLimits } from '../../rules/gate/rate-limits.ts'
import { findInstantMs } from '../../rules/time/find-instant.ts'

/** The instant that a text with offset names. */
export function atMs(text: string): number {
  const ms = findInstantMs(text)
  if (ms === undefined) throw new Error(`no instant: ${text}`)
  return ms
}

export const DAY_OF_TESTS = atMs('2026-11-23T09:00:00+07:00')

/** A look-up of a shared account on a Monday morning; a test names what it is about. */
export function aGateRequest(fields: Partial<GateRequest> = {}): GateRequest {
  return {
    atMs: DAY_OF_TESTS,
    ip: '203.0.113.7',
    account: '01234_BV',
    accountSource: 'query',
    facility: '01234',
    function: 'KQNhanLichSuKCB2024',
    class: 'lookup',
    method: 'POST',
    ...fields,
  }
}

/** A state that holds nothing but a policy, in which every rule is off that the YAML does not name. */
export function aGateState(yaml = '', fields: Partial<GateState> = {}): GateState {
  return {
    policy: compilePolicy(parsePolicySource(yaml)),
    dateMs: (ms) => ms,
    standingOf: () => undefined,
    tokensOf: (account) => [tokenOf(account)],
    users: undefined,
    grants: undefined,
    facilities: undefined,
    rates: createRateLimits(1000),
    throttles: createRateLimits(1000),
    ...fields,
  }
}

/** Something with the shape of a token that tests can foresee. */
export function tokenOf(account: string): string {
  return Array.from(account.padEnd(16, 'p').slice(0, 16), (character) => 'abcdefghijklmnop'[character.charCodeAt(0) % 16]).join(
    '',
  )
}

/** A policy in which only these rules are on. */
export function onlyRules(rules: Readonly<Record<string, object>>): string {
  const all = ['suspended', 'retired', 'unnamed', 'shared', 'user', 'address', 'otp', 'hours', 'throttled', 'rate']
  return JSON.stringify(
    Object.fromEntries(
      all.map((rule) => [rule, { mode: 'off', ...(rule === 'shared' ? { enforceFrom: '' } : {}), ...rules[rule] }]),
    ),
  )
}
