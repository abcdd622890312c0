import fc from 'fast-check'
import { expect, it } from 'vitest'
import { compilePolicy } from '../../../rules/gate/compile-policy.ts'
import { GATE_REASONS, type GateReason } from '../../../rules/gate/gate-reason.ts'
import type { GateRequest } from '../../../rules/gate/gate-request.ts'
import { GATE_MODES, GATE_RULES, type GateMode, type GateRule } from '../../../rules/gate/gate-rule.ts'
import { judgeRequest } from '../../../rules/gate/judge-request.ts'
import { DEFAULT_GATE_POLICY, FUNCTION_CLASSES, type GatePolicy } from '../../../rules/gate/policy-options.ts'
import { aGateState, tokenOf } from '../../support/gate-states.ts'

const YEAR_2024 = Date.UTC(2024, 0, 1)
const YEAR_MS = 366 * 86_400_000
const ACCOUNTS = ['01234_BV', '22222_TC', '33333', `01234_${'0'.repeat(12)}`, `22222_${'1'.repeat(12)}`, undefined] as const
const instant = fc
  .integer({ min: 0, max: 20 })
  .map((step) => new Date(YEAR_2024 + Math.floor((step * YEAR_MS) / 20)).toISOString())
const maybe = fc.oneof(fc.constant(''), instant)

interface World {
  readonly policy: GatePolicy
  readonly standing: ReadonlyMap<string, { readonly action: 'suspend' | 'throttle'; readonly untilMs: number }>
  readonly grants: ReadonlyMap<string, 'live' | 'lapsed'>
  readonly users: ReadonlyMap<string, { readonly isActive: boolean; readonly canSeeHistory: boolean }>
  readonly owners: ReadonlySet<string>
}

const rules = fc.record(
  Object.fromEntries(
    GATE_RULES.map((rule) => [
      rule,
      fc.record({ mode: fc.constantFrom(...GATE_MODES), rehearseFrom: maybe, enforceFrom: maybe }),
    ]),
  ),
) as unknown as fc.Arbitrary<Record<GateRule, { mode: GateMode; rehearseFrom: string; enforceFrom: string }>>
const exemption = fc.record({
  rules: fc.subarray([...GATE_RULES]),
  who: fc.constantFrom({ facility: '01234' }, { province: '22' }, { account: '33333' }, { token: tokenOf('01234_BV') }),
  until: instant,
})
const world: fc.Arbitrary<World> = fc
  .record({
    rules,
    exemptions: fc.array(exemption, { maxLength: 4 }),
    standing: fc.array(
      fc.tuple(fc.constantFrom(...ACCOUNTS), fc.constantFrom('suspend' as const, 'throttle' as const), instant),
      { maxLength: 4 },
    ),
    grants: fc.array(fc.tuple(fc.constantFrom(...ACCOUNTS), fc.constantFrom('live' as const, 'lapsed' as const)), {
      maxLength: 4,
    }),
    users: fc.array(fc.tuple(fc.constantFrom(...ACCOUNTS), fc.boolean(), fc.boolean()), { maxLength: 4 }),
    owners: fc.subarray(['01234 10.0.0.1', '22222 10.0.0.1', '22222 10.0.0.2']),
  })
  .map(({ rules: chosen, exemptions, standing, grants, users, owners }) => ({
    policy: {
      ...(Object.fromEntries(
        GATE_RULES.map((rule) => [rule, { ...DEFAULT_GATE_POLICY[rule], ...chosen[rule] }]),
      ) as unknown as GatePolicy),
      contact: DEFAULT_GATE_POLICY.contact,
      exemptions: exemptions.map(({ who, ...rest }) => ({ ...rest, ...who, reason: 'seeded' })),
    },
    standing: new Map(
      standing.flatMap(([account, action, until]) =>
        account === undefined ? [] : [[account, { action, untilMs: Date.parse(until) }]],
      ),
    ),
    grants: new Map(grants.flatMap(([account, state]) => (account === undefined ? [] : [[tokenOf(account), state]]))),
    users: new Map(
      users.flatMap(([account, isActive, canSeeHistory]) =>
        account === undefined ? [] : [[tokenOf(account), { isActive, canSeeHistory }]],
      ),
    ),
    owners: new Set(owners),
  }))
const request: fc.Arbitrary<GateRequest> = fc
  .record({
    atMs: fc.integer({ min: 0, max: 40 }).map((step) => YEAR_2024 + Math.floor((step * YEAR_MS) / 40)),
    ip: fc.constantFrom('10.0.0.1', '10.0.0.2', '10.0.0.3'),
    account: fc.constantFrom(...ACCOUNTS),
    others: fc.uniqueArray(fc.constantFrom(...ACCOUNTS.filter((one) => one !== undefined)), { maxLength: 2 }),
    isGuess: fc.boolean(),
    function: fc.constantFrom('KQNhanLichSuKCB2024', 'KQNhanLichSuKCB595', 'other'),
    class: fc.constantFrom(...FUNCTION_CLASSES),
  })
  .map(({ isGuess, others, ...fields }) => ({
    ...fields,
    otherAccounts: isGuess || fields.account === undefined ? [] : others.filter((one) => one !== fields.account),
    method: 'GET',
    accountSource: isGuess ? ('correlation' as const) : ('query' as const),
    facility: fields.account?.slice(0, 5),
  }))

/** The same question, asked the long way round: every rule's objection first, then what its mode makes of it. */
function judgeNaively(asked: GateRequest, { policy, standing, grants, users, owners }: World) {
  const { account, class: kind, atMs } = asked
  const named = [account, ...(asked.otherAccounts ?? [])]
  const isShared = account !== undefined && !/\d{10}/.test(account)
  const isUnder = (action: string): boolean =>
    named.some((name) => name !== undefined && standing.get(name)?.action === action && (standing.get(name)?.untilMs ?? 0) > atMs)
  const user = account === undefined ? undefined : users.get(tokenOf(account))
  const standings = named.map((name) => (name === undefined ? undefined : grants.get(tokenOf(name))))
  const grant = asked.accountSource === 'correlation' ? undefined : standings.find((one) => one !== 'live')
  const isGranted = asked.accountSource !== 'correlation' && standings.every((one) => one === 'live')
  const facts: Record<Exclude<GateRule, 'throttled' | 'rate'>, GateReason | false> = {
    suspended: isUnder('suspend') && 'ACCOUNT_SUSPENDED',
    retired: asked.function === 'KQNhanLichSuKCB595' && 'FUNCTION_RETIRED',
    unnamed: account === undefined && 'ACCOUNT_UNNAMED',
    shared: isShared && 'SHARED_ACCOUNT',
    user:
      account !== undefined &&
      !isShared &&
      (user === undefined
        ? 'USER_UNKNOWN'
        : !user.isActive
          ? 'USER_DISABLED'
          : kind === 'history' && !user.canSeeHistory && 'RIGHT_MISSING'),
    address: asked.facility !== undefined && !owners.has(`${asked.facility} ${asked.ip}`) && 'ADDRESS_OF_OTHER',
    otp: !isGranted && (grant === 'lapsed' ? 'OTP_LAPSED' : 'OTP_NEEDED'),
    hours: false,
  }
  const would: GateReason[] = []
  for (const rule of GATE_RULES) {
    if (rule === 'throttled' || rule === 'rate') continue
    const { mode, rehearseFrom, enforceFrom } = policy[rule]
    const own = policy[rule]
    if ('classes' in own && own.classes.length > 0 && !own.classes.includes(kind)) continue
    const reason = facts[rule]
    if (reason === false) continue
    const come = (text: string): boolean => text !== '' && atMs >= Date.parse(text)
    const modes: GateMode[] = [
      mode,
      ...(come(rehearseFrom) ? ['rehearse' as const] : []),
      ...(come(enforceFrom) ? ['enforce' as const] : []),
    ]
    const strongest = modes.sort((a, b) => GATE_MODES.indexOf(b) - GATE_MODES.indexOf(a))[0]
    if (strongest === 'off') continue
    const isExempt = named.every((name) =>
      policy.exemptions.some(
        (one) =>
          atMs < Date.parse(one.until) &&
          (one.rules.length === 0 || one.rules.includes(rule)) &&
          ((one.facility !== undefined && one.facility === name?.slice(0, 5)) ||
            (one.province !== undefined && one.province === name?.slice(0, 2)) ||
            (one.account !== undefined && one.account === name) ||
            (one.token !== undefined && name !== undefined && one.token === tokenOf(name))),
      ),
    )
    const isEarly = rule === 'retired' && atMs < Date.parse('2024-08-01T00:00+07:00')
    if (strongest === 'enforce' && !isExempt && !isEarly) return { status: GATE_REASONS[reason].status, reason, would }
    would.push(reason)
  }
  return { status: 204, reason: undefined, would }
}

it('judgeRequest agrees with a judge that asks everything the long way round', () => {
  fc.assert(
    fc.property(world, fc.array(request, { minLength: 1, maxLength: 8 }), (held, asked) => {
      const policy = {
        ...held.policy,
        throttled: { ...held.policy.throttled, mode: 'off', rehearseFrom: '', enforceFrom: '' },
        rate: { ...held.policy.rate, mode: 'off', rehearseFrom: '', enforceFrom: '' },
      } as GatePolicy
      const state = aGateState('', {
        policy: compilePolicy(policy),
        standingOf: (account) => held.standing.get(account),
        grants: { standing: (token) => held.grants.get(token) ?? 'none' },
        users: {
          find(token) {
            const user = held.users.get(token)
            if (user === undefined) return undefined
            const rights = ['lookup', 'record', 'submit', 'catalogue', ...(user.canSeeHistory ? ['history'] : [])] as (
              | 'lookup'
              | 'history'
            )[]
            return { token, facility: '01234', rights, state: user.isActive ? 'active' : 'disabled', untilMs: null }
          },
        },
        facilities: { isOwner: (facility, ip) => held.owners.has(`${facility} ${ip}`), provinceOf: () => undefined },
      })
      for (const one of asked) {
        const { rehearsal: _told, ...decision } = judgeRequest(one, state)
        expect(decision).toEqual(judgeNaively(one, held))
      }
    }),
    { numRuns: 1500 },
  )
})
