import { describe, expect, it } from 'vitest'
import { codeText, GRANTED_TEXT, TAKEN_TEXT } from '../../../control-api/otp/sms-words.ts'
import { receiptNames } from '../../../control-api/sms/read-receipt.ts'
import { createSealer } from '../../../control-api/sms/sealer.ts'
import { plainText, smsParts } from '../../../control-api/sms/sms-text.ts'
import { createSeededBytes } from '../../support/control-app.ts'

describe('smsParts', () => {
  it.each([
    ['a code is one message with accents', codeText('123456', 15), true, 1],
    ['and one without', codeText('123456', 15), false, 1],
    ['a notice is two messages with accents', GRANTED_TEXT, true, 2],
    ['and one without', GRANTED_TEXT, false, 1],
    ['a notice that it was taken is two', TAKEN_TEXT, true, 2],
    ['seventy characters with accents', 'ã'.repeat(70), true, 1],
    ['seventy-one', 'ã'.repeat(71), true, 2],
    ['160 plain ones', 'a'.repeat(160), true, 1],
    ['161', 'a'.repeat(161), true, 2],
  ])('%s', (_what, text, hasAccents, parts) => {
    const made = smsParts(text, hasAccents, 7)
    expect(made.parts).toHaveLength(parts)
    // 140 bytes are what one message holds; a plain letter is a byte here and seven bits on the air.
    for (const part of made.parts) expect(part.length).toBeLessThanOrEqual(made.dataCoding === 8 ? 140 : 160)
    if (parts > 1)
      expect(made.parts.map((part) => [...part.subarray(0, 6)])).toEqual([
        [5, 0, 3, 7, 2, 1],
        [5, 0, 3, 7, 2, 2],
      ])
  })

  it('takes accents away and puts blanks for what the GSM alphabet lacks', () => {
    expect(plainText('Đã được cấp quyền – “OTP” 5 phút')).toBe('Da duoc cap quyen -  OTP  5 phut')
  })
})

describe('receiptNames', () => {
  it.each([
    ['0A1B', '2587', 'hexadecimal in the answer, decimal in the receipt'],
    ['2587', 'a1b', 'the other way round'],
    ['0000123', '123', 'zeros in front'],
  ])('%s may be called %s: %s', (one, other) => {
    expect(receiptNames(one)).toContain(other)
  })

  it('leaves other names alone', () => {
    expect(receiptNames('abc-9')).toEqual(['abc-9'])
  })
})

describe('createSealer', () => {
  it('opens what it sealed, at the same place alone, and nothing that was changed', () => {
    const sealer = createSealer(new Uint8Array(32).fill(7), createSeededBytes('seal'))
    const sealed = sealer.seal('0900000001', 'otp.phone')
    expect(sealer.open(sealed, 'otp.phone')).toBe('0900000001')
    expect(sealer.seal('0900000001', 'otp.phone')).not.toBe(sealed)
    expect(() => sealer.open(sealed, 'sms.phone')).toThrow()
    expect(() => sealer.open(`${sealed.slice(0, -2)}AA`, 'otp.phone')).toThrow()
    expect(() => createSealer(new Uint8Array(32), createSeededBytes('other')).open(sealed, 'otp.phone')).toThrow()
  })
})
