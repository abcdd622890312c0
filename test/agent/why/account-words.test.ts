import { describe, expect, it } from 'vitest'
import { accountWords, isHeldBack } from '../../../agent/why/account-words.ts'
import type { AccountAnswer } from '../../../agent/why/ask-account.ts'

const UNTIL = '2026-11-23T03:00:00.000Z'
const gate = { account: '01234_BV', suspendedUntil: null, throttledUntil: null, user: null, grant: null, answers: [] }
const answer = (fields: Partial<AccountAnswer> = {}): AccountAnswer => ({
  account: '01234_BV',
  flags: [],
  tally: null,
  gate,
  ...fields,
})

describe('accountWords', () => {
  it('tells where to look when all edges together hold an account that this edge has not flagged', () => {
    for (const held of [{ suspendedUntil: UNTIL }, { throttledUntil: UNTIL }]) {
      const told = answer({ gate: { ...gate, ...held } })
      expect(isHeldBack(told)).toBe(true)
      expect(accountWords(told)).toContain('"control fleet list" tại Trung tâm CNTT')
      expect(accountWords(told)).toContain(UNTIL)
    }
  })

  it('does not say that nothing holds an account back which its gate refuses for another reason', () => {
    const words = { vi: 'Cần mã OTP.', en: 'An OTP is needed.' }
    const refused = { function: 'Lskcb2025', status: 403, reason: 'OTP_NEEDED', would: [], words }
    const told = accountWords(answer({ gate: { ...gate, answers: [refused] } }))
    expect(told).toContain('no live flag of this edge')
    expect(told).toContain('Lskcb2025: 403 OTP_NEEDED\n  Cần mã OTP.')
    expect(told).not.toContain('fleet list')
    expect(isHeldBack(answer())).toBe(false)
  })
})
