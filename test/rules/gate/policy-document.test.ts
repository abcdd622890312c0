import { describe, expect, it } from 'vitest'
import { ConfigError } from '../../../rules/config/config-error.ts'
import { GateError } from '../../../rules/gate/gate-error.ts'
import {
  formatPolicy,
  MAX_POLICY_BYTES,
  type PolicyDocument,
  parsePolicy,
  parsePolicySource,
} from '../../../rules/gate/policy-document.ts'
import { DEFAULT_GATE_POLICY } from '../../../rules/gate/policy-options.ts'

const DOCUMENT: PolicyDocument = {
  format: 'edgeward-policy/1',
  version: 7,
  publishedAt: '2026-11-22T01:02:03.004Z',
  policy: DEFAULT_GATE_POLICY,
}
const textOf = (document: object): Uint8Array => Buffer.from(`${JSON.stringify(document)}\n`)
const codeOf = (bytes: Uint8Array): string => {
  try {
    parsePolicy(bytes)
    return 'taken'
  } catch (error) {
    if (error instanceof GateError) return error.code
    throw error
  }
}
const faultsOf = (yaml: string): string[] => {
  try {
    parsePolicySource(yaml)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.faults.map(({ line, column, path }) => `${line}:${column} ${path}`)
    throw error
  }
}

describe('parsePolicySource', () => {
  it('of an empty text is the default: the dates of the dispatches', () => {
    const policy = parsePolicySource('')
    expect(policy).toEqual(DEFAULT_GATE_POLICY)
    expect(policy.shared.enforceFrom).toBe('2024-08-01T00:00+07:00')
    expect(policy.retired.functions.map(({ from }) => from)).toEqual(Array(3).fill('2024-08-01T00:00+07:00'))
  })

  it.each<[string, readonly string[], string]>([
    ['shared:\n  enforceFrom: 2024-08-01T00:00\n', ['2:16 shared.enforceFrom'], 'a date without offset'],
    ['shared: { enforceFrom: 2024-02-30T00:00+07:00 }', ['1:24 shared.enforceFrom'], 'a day that is none'],
    ['otp: { rehearseFrom: 2027-01-02T00:00Z, enforceFrom: 2027-01-01T00:00Z }', ['1:22 otp.rehearseFrom'], 'rehearsed after'],
    [
      'retired:\n  functions:\n    - { function: KQNhanLichSu, from: 2027-01-01T00:00Z }',
      ['3:19 retired.functions.0.function'],
      'no function',
    ],
    ['rate:\n  limits:\n    - { perMinute: 1, burst: 1 }', ['3:7 rate.limits.0'], 'a limit of nothing'],
    [
      'exemptions:\n  - { rules: [shared], until: 2027-01-01T00:00Z, reason: none }',
      ['2:5 exemptions.0'],
      'an exemption of nobody',
    ],
    [
      'exemptions:\n  - { rules: [], facility: "01234", province: "01", until: x, reason: two }',
      ['2:5 exemptions.0', '2:60 exemptions.0.until'],
      'two, and no end',
    ],
    [
      'exemptions:\n  - { rules: [sharde], facility: 01234, until: 2027-01-01T00:00Z, reason: typo }',
      ['2:15 exemptions.0.rules.0', '2:34 exemptions.0.facility'],
      'a rule misspelt, a code that YAML takes for a number',
    ],
    ['sharde: { mode: off }', ['1:9 sharde'], 'a rule that is none'],
    ['hours: { open: "07:00", close: "07:00" }', ['1:32 hours.close'], 'no hour at all'],
    ['contact: { vi: "a\\nb" }', ['1:16 contact.vi'], 'two lines'],
    ['otp: { mode: strict }\nuser: { mode: yes }', ['1:14 otp.mode', '2:15 user.mode'], 'all faults at once'],
  ])('of %j names %j: %s', (yaml, faults) => {
    expect(faultsOf(yaml)).toEqual(faults)
  })
})

describe('parsePolicy', () => {
  it('reads back what formatPolicy wrote, with exemptions of every kind in any order of keys', () => {
    const exemptions = [
      { reason: 'a new building', until: '2027-01-01T00:00+07:00', facility: '01234', rules: ['address' as const] },
      { province: '22', rules: [], until: '2027-01-01T00:00+07:00', reason: 'storm damage' },
      { token: 'abcdefghijklmnop', rules: [], until: '2027-01-01T00:00+07:00', reason: 'an officer' },
      { account: '01234_BV', rules: ['shared' as const], until: '2027-01-01T00:00+07:00', reason: 'not ready' },
    ]
    const document = { ...DOCUMENT, policy: { ...DEFAULT_GATE_POLICY, exemptions } }
    expect(parsePolicy(formatPolicy(document))).toEqual(document)
  })

  it.each<[string, Uint8Array, string]>([
    ['POLICY_FIELD', Buffer.from('{'), 'torn'],
    ['POLICY_FIELD', textOf({ ...DOCUMENT, format: 'edgeward-policy/2' }), 'another format'],
    ['POLICY_FIELD', textOf({ ...DOCUMENT, version: 0 }), 'no version'],
    ['POLICY_FIELD', textOf({ ...DOCUMENT, publishedAt: '2026-11-31T01:02:03.004Z' }), 'a day that is none'],
    ['POLICY_FIELD', textOf({ ...DOCUMENT, more: 1 }), 'a field that is not known'],
    ['POLICY_FIELD', textOf({ ...DOCUMENT, policy: { ...DEFAULT_GATE_POLICY, otp: undefined } }), 'a rule is missing'],
    [
      'POLICY_FIELD',
      textOf({ ...DOCUMENT, policy: { ...DEFAULT_GATE_POLICY, shared: { ...DEFAULT_GATE_POLICY.shared, enforceFrom: 'soon' } } }),
      'no date',
    ],
    ['POLICY_NOT_CANONICAL', Buffer.from(`${JSON.stringify(DOCUMENT, undefined, 1)}\n`), 'laid out'],
    ['POLICY_NOT_CANONICAL', textOf(Object.fromEntries(Object.entries(DOCUMENT).reverse())), 'keys in another order'],
    ['POLICY_NOT_CANONICAL', formatPolicy(DOCUMENT).subarray(0, -1), 'no line feed'],
    ['POLICY_TOO_LARGE', new Uint8Array(MAX_POLICY_BYTES + 1), 'too large'],
  ])('refuses with %s: %#', (code, bytes) => {
    expect(codeOf(bytes)).toBe(code)
  })
})
