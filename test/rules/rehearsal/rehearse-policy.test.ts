import { describe, expect, it } from 'vitest'
import { parsePolicySource } from '../../../rules/gate/policy-document.ts'
import { DEFAULT_GATE_POLICY } from '../../../rules/gate/policy-options.ts'
import { classOf } from '../../../rules/rehearsal/policy-scope.ts'
import { type RuleOutlook, rehearsePolicy } from '../../../rules/rehearsal/rehearse-policy.ts'
import { createRuleTerms } from '../../../rules/rehearsal/rule-term.ts'
import { aRehearsedRow } from '../../support/rehearsal-counts.ts'

const NOW = Date.parse('2026-11-22T10:00:00+07:00')
const ALL = new Set(['suspended', 'retired', 'unnamed', 'shared', 'user', 'address', 'otp', 'hours', 'throttled', 'rate'])

const aRow = (own: Parameters<typeof aRehearsedRow>[0] = {}) => {
  const row = aRehearsedRow({ would: 10, ...own })
  return { ...row, managing: row.province }
}

function outlookOf(yaml: string, at: string, rows = [aRow()], judged: readonly ReadonlySet<string>[] = [ALL]) {
  const current = parsePolicySource('shared: { mode: rehearse, enforceFrom: "" }\n')
  const draft = parsePolicySource(yaml)
  return rehearsePolicy({ rows, draft, current, atMs: Date.parse(at), nowMs: NOW, judged })
}
const ruleOf = (rules: readonly RuleOutlook[], name: string) => rules.find(({ rule }) => rule === name)

describe('rehearsePolicy', () => {
  it('refuses from the date of the draft on, and tells facilities that are let in now', () => {
    const yaml = 'shared: { enforceFrom: 2027-01-01T00:00+07:00 }\n'
    const before = outlookOf(yaml, '2026-12-31T23:59+07:00')
    expect([ruleOf(before.rules, 'shared')?.refused, before.facilityCount]).toEqual([0, 0])
    const after = outlookOf(yaml, '2027-01-01T00:00+07:00')
    expect(ruleOf(after.rules, 'shared')).toMatchObject({
      modeNow: 'rehearse',
      mode: 'enforce',
      refused: 10,
      facilities: 1,
      newFacilities: 1,
      untold: [],
    })
    expect(after).toMatchObject({
      facilityCount: 1,
      newFacilityCount: 1,
      provinces: [{ key: '01' }],
      facilities: [{ key: '01234' }],
    })
  })

  it.each<[string, string]>([
    ['facility: "01234"', 'a facility'],
    ['province: "01"', 'its province'],
    ['account: 01234_BV', 'its account'],
  ])('spares whom an exemption names (%s: %s), until its end', (who) => {
    const yaml = `shared: { mode: enforce }\nexemptions: [{ rules: [shared], ${who}, until: 2027-06-01T00:00+07:00, reason: training }]\n`
    const during = ruleOf(outlookOf(yaml, '2027-05-31T00:00+07:00').rules, 'shared')
    expect(during).toMatchObject({ refused: 0, spared: 10, facilities: 0 })
    expect(ruleOf(outlookOf(yaml, '2027-06-01T00:00+07:00').rules, 'shared')).toMatchObject({ refused: 10, spared: 0 })
  })

  it('spares a named account by its token', () => {
    const rows = [
      aRow({ reason: 'USER_UNKNOWN', account: 'abcdefghijklmnop' }),
      aRow({ reason: 'USER_UNKNOWN', account: 'p'.repeat(16) }),
    ]
    const yaml =
      'user: { mode: enforce }\nexemptions: [{ rules: [], token: abcdefghijklmnop, until: 2027-06-01T00:00+07:00, reason: training }]\n'
    expect(ruleOf(outlookOf(yaml, '2027-01-01T00:00+07:00', rows).rules, 'user')).toMatchObject({ refused: 10, spared: 10 })
  })

  it('stops a function at its own date, and leaves out what the draft does not judge', () => {
    const rows = [aRow({ reason: 'FUNCTION_RETIRED', function: 'KQNhanLichSuKCB595' }), aRow({ function: 'token/take' })]
    const yaml =
      'retired: { functions: [{ function: KQNhanLichSuKCB595, from: 2027-01-01T00:00+07:00 }] }\nshared: { mode: enforce, classes: [lookup] }\n'
    const refusedAt = (at: string) => outlookOf(yaml, at, rows).rules.map(({ refused }) => refused)
    expect(refusedAt('2026-12-31T00:00+07:00').some((refused) => refused > 0)).toBe(false)
    expect(ruleOf(outlookOf(yaml, '2027-01-01T00:00+07:00', rows).rules, 'retired')).toMatchObject({ refused: 10 })
  })

  it.each<[string, string, readonly ReadonlySet<string>[], readonly string[]]>([
    ['hours', 'hours: { mode: enforce, open: "06:00", close: "20:00" }', [ALL], ['OTHER_HOURS']],
    ['rate', 'rate: { mode: enforce, limits: [{ class: lookup, perMinute: 1, burst: 1 }] }', [ALL], ['OTHER_LIMITS']],
    ['shared', 'shared: { mode: enforce, classes: [other] }', [ALL], ['NEW_CLASS']],
    ['shared', 'shared: { mode: enforce, classes: [] }', [ALL], ['NEW_CLASS']],
    ['retired', 'retired: { functions: [{ function: ktMathe, from: 2026-01-01T00:00+07:00 }] }', [ALL], ['NEW_FUNCTION']],
    ['retired', 'retired: { functions: [{ function: ktMathe, from: 2028-01-01T00:00+07:00 }] }', [ALL], []],
    ['address', 'address: { mode: enforce }', [new Set(['shared'])], ['NOT_COUNTED']],
    ['address', 'address: { mode: enforce }', [new Set(['shared']), ALL], ['SOME_EDGES']],
    ['suspended', 'suspended: { mode: enforce }', [ALL], ['OF_ITS_TIME']],
    ['user', 'user: { mode: rehearse }', [], []],
  ])('says of %s under %s what the counts do not tell', (rule, yaml, judged, untold) => {
    expect(ruleOf(outlookOf(`${yaml}\n`, '2027-01-01T00:00+07:00', [], judged).rules, rule)?.untold).toEqual(untold)
  })
})

describe('createRuleTerms', () => {
  it('tells since when a function of the dispatch is refused, and that a rule without a date has none', () => {
    const termOf = createRuleTerms(DEFAULT_GATE_POLICY, NOW)
    const [retired, address] = [
      aRow({ reason: 'FUNCTION_RETIRED', function: 'KQNhanLichSuKCB2018' }),
      aRow({ reason: 'ADDRESS_OF_OTHER' }),
    ]
    expect(termOf(retired)).toEqual({ mode: 'enforce', enforceMs: Date.parse('2024-08-01T00:00+07:00'), exemption: undefined })
    expect(termOf(address)).toEqual({ mode: 'rehearse', enforceMs: undefined, exemption: undefined })
    expect(termOf(aRow({ reason: 'FUNCTION_RETIRED', function: 'ktMathe' })).mode).toBe('off')
    expect(termOf(aRow({ reason: 'OTP_NEEDED', function: 'KQNhanLichSuKCB2024' })).mode).toBe('off')
  })
})

it.each([
  ['KQNhanLichSuKCB595', 'lookup'],
  ['Lskcb2025', 'history'],
  ['nhanHoSoKCBChiTiet', 'record'],
  ['token/take', 'token'],
  ['TraCuuTienMCCT', 'lookup'],
  ['ThongTuyenLSKCB', 'history'],
  ['DanhMucGW', 'catalogue'],
  ['guiHoSoGiamDinh4210', 'submit'],
  ['other', 'other'],
])('classOf %s is %s', (called, kind) => {
  expect(classOf(called)).toBe(kind)
})
