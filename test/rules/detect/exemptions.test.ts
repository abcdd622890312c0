import { describe, expect, it } from 'vitest'
import { createAccount } from '../../../rules/detect/account.ts'
import type { Exemption } from '../../../rules/detect/detect-policy.ts'
import { Exemptions } from '../../../rules/detect/exemptions.ts'

const UNTIL = '2026-03-02T12:00:00+07:00'
const BEFORE = Date.parse(UNTIL) - 1

function anExemption(fields: Partial<Exemption>): Exemption {
  return { reason: 'nâng cấp phần mềm', until: UNTIL, ...fields }
}

function anAccount(name: string, facility: string | undefined) {
  return createAccount(0, { name, facility, dailyVisits: 20, source: '14.225.0.7', sourceHash: 0, isForeign: false }, 0)
}

describe('Exemptions', () => {
  it.each([
    [anExemption({ account: '01234_bv' }), true, 'the account, in whatever case'],
    [anExemption({ account: '01235_BV' }), false, 'another account'],
    [anExemption({ facility: '01234' }), true, 'its facility'],
    [anExemption({ facility: '01235' }), false, 'another facility'],
    [anExemption({ province: '01' }), true, 'its province'],
    [anExemption({ province: '79' }), false, 'another province'],
    [anExemption({ account: '01234_BV', rules: [] }), true, 'an empty list of rules is all of them'],
    [anExemption({ account: '01234_BV', rules: ['rate', 'walk'] }), true, 'this rule among others'],
    [anExemption({ account: '01234_BV', rules: ['walk'] }), false, 'another rule'],
  ])('leave out %j: %s (%s)', (exemption, isCovered) => {
    expect(new Exemptions([exemption]).covers('rate', anAccount('01234_BV', '01234'), BEFORE)).toBe(isCovered)
  })

  it('end at their time, and say so from then on', () => {
    const exemption = anExemption({ province: '01' })
    const exemptions = new Exemptions([exemption])
    expect(exemptions.ended(BEFORE)).toEqual([])
    expect(exemptions.covers('rate', anAccount('01234_BV', '01234'), BEFORE + 1)).toBe(false)
    expect(exemptions.ended(BEFORE + 1)).toEqual([exemption])
  })

  it('by facility or province leave out nobody whose facility is not known', () => {
    const exemptions = new Exemptions([anExemption({ province: '01' }), anExemption({ facility: '01234' })])
    expect(exemptions.covers('rate', anAccount('0'.repeat(12), undefined), BEFORE)).toBe(false)
  })
})
