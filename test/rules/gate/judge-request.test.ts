import { describe, expect, it } from 'vitest'
import { compilePolicy, modeOf } from '../../../rules/gate/compile-policy.ts'
import { GATE_REASONS } from '../../../rules/gate/gate-reason.ts'
import type { GateRequest } from '../../../rules/gate/gate-request.ts'
import type { GateMode } from '../../../rules/gate/gate-rule.ts'
import type { GateState } from '../../../rules/gate/gate-state.ts'
import { judgeRequest } from '../../../rules/gate/judge-request.ts'
import { DEFAULT_GATE_POLICY } from '../../../rules/gate/policy-options.ts'
import { createTimeMark } from '../../../rules/gate/time-mark.ts'
import { aGateRequest, aGateState, atMs, DAY_OF_TESTS, onlyRules, tokenOf } from '../../support/gate-states.ts'

const NAMED = `01234_${'0'.repeat(12)}`
const BEFORE = '2024-07-31T23:59:59.999+07:00'
const AFTER = '2024-08-01T00:00:00.000+07:00'

function reasonOf(request: Partial<GateRequest>, yaml = '', state: Partial<GateState> = {}): string {
  const { reason, rehearsal, would } = judgeRequest(aGateRequest(request), aGateState(yaml, state))
  return reason ?? (rehearsal !== undefined ? `rehearsed ${rehearsal}` : would.length > 0 ? `observed ${would.join()}` : 'passes')
}

describe('judgeRequest on the dates of the dispatches, with the default policy', () => {
  it.each<[string, Partial<GateRequest>, string]>([
    [BEFORE, { account: NAMED, function: 'KQNhanLichSuKCB595' }, 'rehearsed FUNCTION_RETIRED'],
    [AFTER, { account: NAMED, function: 'KQNhanLichSuKCB595' }, 'FUNCTION_RETIRED'],
    [BEFORE, { account: NAMED, function: 'KQNhanLichSuKCB2018' }, 'rehearsed FUNCTION_RETIRED'],
    [AFTER, { account: NAMED, function: 'KQNhanLichSuKCB2018' }, 'FUNCTION_RETIRED'],
    [BEFORE, { account: NAMED, function: 'KQNhanLichSuKCB2019' }, 'rehearsed FUNCTION_RETIRED'],
    [AFTER, { account: NAMED, function: 'KQNhanLichSuKCB2019' }, 'FUNCTION_RETIRED'],
    ['2024-07-31T17:00:00Z', { account: NAMED, function: 'KQNhanLichSuKCB2019' }, 'FUNCTION_RETIRED'],
    ['2024-07-31T16:59:59Z', { account: NAMED, function: 'KQNhanLichSuKCB2019' }, 'rehearsed FUNCTION_RETIRED'],
    [AFTER, { account: NAMED, function: 'KQNhanLichSuKCB2024' }, 'passes'],
    [AFTER, { account: NAMED, function: 'nhanLichSuKCB' }, 'passes'],
    [AFTER, { account: NAMED, function: 'ktMathe' }, 'passes'],
    [BEFORE, {}, 'rehearsed SHARED_ACCOUNT'],
    [AFTER, {}, 'SHARED_ACCOUNT'],
    [AFTER, { account: '01234_TC' }, 'SHARED_ACCOUNT'],
    [AFTER, { account: '01234' }, 'SHARED_ACCOUNT'],
    [AFTER, { class: 'token', function: 'token/take' }, 'SHARED_ACCOUNT'],
    [AFTER, { class: 'other', function: 'other' }, 'passes'],
    [AFTER, { account: NAMED }, 'passes'],
    [AFTER, { account: '0'.repeat(12), facility: undefined }, 'passes'],
    [AFTER, { account: undefined, accountSource: undefined, facility: undefined }, 'observed ACCOUNT_UNNAMED'],
  ])('at %s %j: %s', (at, request, expected) => {
    expect(reasonOf({ atMs: atMs(at), ...request })).toBe(expected)
  })

  it('goes on enforcing after the clock is set back', () => {
    const mark = createTimeMark()
    const state = aGateState('', { dateMs: (ms) => mark.at(ms) })
    const request = aGateRequest({ atMs: atMs(BEFORE) })
    expect(judgeRequest(request, state).status).toBe(204)
    mark.raise(atMs(AFTER))
    expect(judgeRequest(request, state)).toMatchObject({ status: 403, reason: 'SHARED_ACCOUNT' })
  })
})

describe('judgeRequest, rule by rule', () => {
  const suspended = (name: string, untilMs = DAY_OF_TESTS + 1): Partial<GateState> => ({
    standingOf: (account) => (account === name ? { action: 'suspend', untilMs } : undefined),
  })
  const throttled: Partial<GateState> = { standingOf: () => ({ action: 'throttle', untilMs: DAY_OF_TESTS + 1 }) }
  const on = (rule: string, more: object = {}): string => onlyRules({ [rule]: { mode: 'enforce', ...more } })
  const listed = (fields: object) => ({
    users: {
      find: (token: string) =>
        token === tokenOf(NAMED)
          ? { token, facility: '01234', rights: ['lookup' as const], state: 'active' as const, untilMs: null, ...fields }
          : undefined,
    },
  })
  const grants = (standing: 'none' | 'live' | 'lapsed') => ({ grants: { standing: () => standing } })
  const grantOf = (account: string) => ({
    grants: { standing: (token: string) => (token === tokenOf(account) ? ('live' as const) : ('none' as const)) },
  })
  const owners = {
    facilities: {
      isOwner: (facility: string, ip: string) => facility === '01234' && ip === '203.0.113.7',
      provinceOf: () => '22',
    },
  }
  const history = { account: NAMED, class: 'history', function: 'Lskcb2025' } as const

  it.each<[string, Partial<GateRequest>, string, Partial<GateState>, string]>([
    ['ACCOUNT_SUSPENDED', {}, on('suspended'), suspended('01234_BV'), 'suspended here or over all edges'],
    [
      'ACCOUNT_SUSPENDED',
      { account: '99999_BV', otherAccounts: ['88888_BV', '01234_BV'] },
      on('suspended'),
      suspended('01234_BV'),
      'under another name',
    ],
    ['passes', {}, on('suspended'), suspended('01234_BV', DAY_OF_TESTS), 'its end has come'],
    ['passes', { class: 'submit', function: 'qd130' }, on('suspended'), suspended('01234_BV'), 'claims are not look-ups'],
    ['ACCOUNT_UNNAMED', { account: undefined }, on('unnamed'), {}, 'nobody'],
    ['passes', { account: undefined, class: 'token' }, on('unnamed'), {}, 'a log-in is made by its body'],
    ['passes', { account: NAMED }, on('user'), listed({}), 'on the list, with the right'],
    ['RIGHT_MISSING', history, on('user'), listed({}), 'on the list, without it'],
    ['USER_DISABLED', { account: NAMED }, on('user'), listed({ state: 'disabled' }), 'disabled'],
    ['USER_DISABLED', { account: NAMED }, on('user'), listed({ untilMs: DAY_OF_TESTS }), 'registered until now'],
    ['passes', { account: NAMED }, on('user'), listed({ untilMs: DAY_OF_TESTS + 1 }), 'registered for a moment longer'],
    ['USER_UNKNOWN', { account: `01235_${'0'.repeat(12)}` }, on('user'), listed({}), 'not on the list'],
    ['passes', { account: `01235_${'0'.repeat(12)}` }, on('user'), {}, 'no list'],
    ['passes', { account: NAMED }, on('user'), { ...listed({}), tokensOf: () => [] }, 'no key'],
    [
      'passes',
      { account: NAMED },
      on('user'),
      { ...listed({}), tokensOf: () => ['aaaaaaaaaaaaaaaa', tokenOf(NAMED)] },
      'by the key before',
    ],
    ['passes', {}, on('address'), owners, 'its own address'],
    ['ADDRESS_OF_OTHER', { facility: '09999' }, on('address'), owners, 'an address of another'],
    ['ADDRESS_OF_OTHER', { ip: '198.51.100.1' }, on('address'), owners, 'an address of nobody'],
    ['passes', { facility: undefined }, on('address'), owners, 'no facility known'],
    ['passes', { facility: '09999' }, on('address'), {}, 'no list'],
    ['OTP_NEEDED', history, on('otp'), grants('none'), 'no grant'],
    ['OTP_LAPSED', history, on('otp'), grants('lapsed'), 'lapsed'],
    ['passes', history, on('otp'), grants('live'), 'live'],
    ['passes', { ...history, otherAccounts: ['99999_BV'] }, on('otp'), grants('live'), 'both names have one'],
    ['OTP_NEEDED', { ...history, otherAccounts: ['99999_BV'] }, on('otp'), grantOf(NAMED), 'under the name of who has one'],
    [
      'OTP_NEEDED',
      { ...history, account: '99999_BV', otherAccounts: [NAMED] },
      on('otp'),
      grantOf(NAMED),
      'by the token of who has one',
    ],
    ['OTP_NEEDED', { ...history, accountSource: 'correlation' }, on('otp'), grants('live'), 'a guess is no name'],
    ['OTP_NEEDED', { ...history, account: undefined }, on('otp'), grants('live'), 'nobody'],
    ['OTP_NEEDED', { ...history, class: 'record', function: 'nhanHoSoKCBChiTiet' }, on('otp'), grants('none'), 'a record'],
    ['passes', { account: NAMED }, on('otp'), grants('none'), 'a card check'],
    ['passes', history, on('otp'), {}, 'no list of grants'],
    [
      'OUT_OF_HOURS',
      { ...history, atMs: atMs('2026-11-23T06:59:59+07:00') },
      on('hours', { open: '07:00', close: '17:00' }),
      {},
      'too early',
    ],
    [
      'passes',
      { ...history, atMs: atMs('2026-11-23T07:00:00+07:00') },
      on('hours', { open: '07:00', close: '17:00' }),
      {},
      'opens',
    ],
    [
      'OUT_OF_HOURS',
      { ...history, atMs: atMs('2026-11-23T17:00:00+07:00') },
      on('hours', { open: '07:00', close: '17:00' }),
      {},
      'closes',
    ],
    [
      'passes',
      { ...history, atMs: atMs('2026-11-23T02:00:00+07:00') },
      on('hours', { open: '22:00', close: '06:00' }),
      {},
      'over midnight',
    ],
    ['passes', {}, on('throttled', { burst: 1 }), throttled, 'the first of a throttled account'],
  ])('%s for %j: %#', (expected, request, yaml, state) => {
    expect(reasonOf(request, yaml, state)).toBe(expected)
  })

  it('slows a throttled account down, and says when to come again', () => {
    const state = aGateState(on('throttled', { perMinute: 2, burst: 1 }), throttled)
    expect(judgeRequest(aGateRequest(), state).status).toBe(204)
    expect(judgeRequest(aGateRequest(), state)).toEqual({ status: 429, reason: 'ACCOUNT_THROTTLED', would: [], retryAfterS: 30 })
    expect(judgeRequest(aGateRequest({ account: '09999_BV' }), state).status).toBe(204)
  })

  it('counts each function of an account by itself, and nothing that was refused for another reason', () => {
    const yaml = onlyRules({
      unnamed: {},
      rate: {
        mode: 'enforce',
        limits: [
          { class: 'lookup', perMinute: 1, burst: 1 },
          { function: 'ktMathe', perMinute: 1, burst: 2 },
        ],
      },
      retired: { mode: 'enforce' },
    })
    const state = aGateState(yaml)
    const ask = (called: string) => judgeRequest(aGateRequest({ function: called }), state).reason
    expect(['KQNhanLichSuKCB2024', 'KQNhanLichSuKCB2024', 'ktMathe', 'ktMathe', 'ktMathe'].map(ask)).toEqual([
      undefined,
      'TOO_FAST',
      undefined,
      undefined,
      'TOO_FAST',
    ])
    expect(['KQNhanLichSuKCB595', 'KQNhanLichSuKCB595'].map(ask)).toEqual(['FUNCTION_RETIRED', 'FUNCTION_RETIRED'])
  })

  it('names every rehearsed and observed reason, and tells the facility the first that is rehearsed', () => {
    const yaml = onlyRules({ retired: { mode: 'observe' }, shared: { mode: 'rehearse' }, address: { mode: 'rehearse' } })
    const decision = judgeRequest(aGateRequest({ function: 'KQNhanLichSuKCB595', ip: '198.51.100.1' }), aGateState(yaml, owners))
    expect(decision).toEqual({
      status: 204,
      reason: undefined,
      would: ['FUNCTION_RETIRED', 'SHARED_ACCOUNT', 'ADDRESS_OF_OTHER'],
      rehearsal: 'SHARED_ACCOUNT',
    })
  })

  it.each<[object, string, Partial<GateState>, string]>([
    [{ facility: '01234' }, 'rehearsed SHARED_ACCOUNT', {}, 'the facility'],
    [{ facility: '01235' }, 'SHARED_ACCOUNT', {}, 'another facility'],
    [{ province: '01' }, 'rehearsed SHARED_ACCOUNT', {}, 'the province, by the code where no list says better'],
    [{ province: '01' }, 'SHARED_ACCOUNT', owners, 'a province that does not manage it any more'],
    [{ province: '22' }, 'rehearsed SHARED_ACCOUNT', owners, 'the province that manages it'],
    [{ account: '01234_BV' }, 'rehearsed SHARED_ACCOUNT', {}, 'the account'],
    [{ account: '01234_TC' }, 'SHARED_ACCOUNT', {}, 'another account of it'],
    [{ token: tokenOf('01234_BV') }, 'rehearsed SHARED_ACCOUNT', {}, 'its token'],
    [{ facility: '01234', rules: ['otp'] }, 'SHARED_ACCOUNT', {}, 'another rule'],
    [{ facility: '01234', until: '2026-11-23T09:00:00+07:00' }, 'SHARED_ACCOUNT', {}, 'an end that has come'],
  ])('exempts by %j: %s', (exemption, expected, state) => {
    const whole = { rules: ['shared'], until: '2027-01-01T00:00+07:00', reason: 'not ready', ...exemption }
    const yaml = JSON.stringify({ ...(JSON.parse(on('shared')) as object), exemptions: [whole] })
    expect(reasonOf({}, yaml, state)).toBe(expected)
  })
})

describe('judgeRequest where a token names another account than the query', () => {
  const exempt = { rules: ['suspended', 'otp'], facility: '01234', until: '2027-01-01T00:00+07:00', reason: 'not ready' }
  const yaml = JSON.stringify({
    ...(JSON.parse(onlyRules({ suspended: { mode: 'enforce' }, otp: { mode: 'enforce' } })) as object),
    exemptions: [exempt],
  })
  const state: Partial<GateState> = {
    standingOf: (account) => (account === '09999_BV' ? { action: 'suspend', untilMs: DAY_OF_TESTS + 1 } : undefined),
    grants: { standing: () => 'none' },
  }
  const history = { class: 'history', function: 'Lskcb2025' } as const

  it.each<[string, Partial<GateRequest>]>([
    ['ACCOUNT_SUSPENDED', { otherAccounts: ['09999_BV'] }],
    ['OTP_NEEDED', { ...history, otherAccounts: ['08888_BV'] }],
    ['OTP_NEEDED', { ...history, otherAccounts: ['01234_TC', `01234${'0'.repeat(7)}`] }],
    ['rehearsed OTP_NEEDED', { ...history, otherAccounts: ['01234_TC', `01234_${'1'.repeat(12)}`] }],
    ['rehearsed OTP_NEEDED', history],
  ])('lends no exemption: %s for %j', (expected, request) => {
    expect(reasonOf(request, yaml, state)).toBe(expected)
  })
})

describe('compilePolicy', () => {
  it.each<[GateMode, string, string, string, GateMode]>([
    ['off', '', '', '2026-01-01T00:00Z', 'off'],
    ['observe', '2026-01-01T00:00Z', '', '2025-12-31T23:59:59.999Z', 'observe'],
    ['observe', '2026-01-01T00:00Z', '', '2026-01-01T00:00Z', 'rehearse'],
    ['observe', '2026-01-01T00:00Z', '2026-02-01T00:00Z', '2026-02-01T00:00Z', 'enforce'],
    ['off', '', '2026-02-01T00:00Z', '2026-02-01T00:00Z', 'enforce'],
    ['enforce', '2026-01-01T00:00Z', '', '2026-01-01T00:00Z', 'enforce'],
  ])('a rule on %s, rehearsed from %j, enforced from %j is at %s: %s', (mode, rehearseFrom, enforceFrom, at, expected) => {
    const policy = compilePolicy({ ...DEFAULT_GATE_POLICY, otp: { mode, rehearseFrom, enforceFrom, classes: [] } })
    modeOf(policy, 'otp', atMs('2030-01-01T00:00Z'))
    expect(modeOf(policy, 'otp', atMs(at))).toBe(expected)
  })

  it('does no more than an edge lets it', () => {
    const policy = compilePolicy(DEFAULT_GATE_POLICY, 'rehearse')
    expect(modeOf(policy, 'shared', DAY_OF_TESTS)).toBe('rehearse')
  })
})

it('GATE_REASONS: each refusal by its rule', () => {
  for (const [code, { status, maKetQua, vi, en }] of Object.entries(GATE_REASONS))
    expect([code, String(status), vi.endsWith('.') && en.endsWith('.')]).toEqual([code, maKetQua, true])
})
