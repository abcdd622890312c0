import { describe, expect, it } from 'vitest'
import { ADDRESS_ERRORS, AddressError } from '../../../rules/addresses/address-error.ts'
import { parseBlock } from '../../../rules/addresses/parse-block.ts'
import { addressText, PARSER_DIFFERENTIALS } from '../../support/address-texts.ts'
import { codeOf } from '../../support/code-of.ts'
import { createSeeded } from '../../support/seeded.ts'

describe('parseBlock takes', () => {
  it.each([
    ['8.8.8.8', '8.8.8.8', 'a host'],
    ['0.0.0.0', '0.0.0.0', 'the grammar knows no special ranges'],
    ['255.255.255.255', '255.255.255.255', 'the last address'],
    ['8.8.8.8/32', '8.8.8.8', 'a host is written without length'],
    ['8.8.8.0/24', '8.8.8.0/24', 'a prefix'],
    ['8.0.0.0/7', '8.0.0.0/7', 'width is for the policy'],
    ['0.0.0.0/0', '0.0.0.0/0', 'width is for the policy'],
    ['2001:DB8::A', '2001:db8::a', 'lower case, RFC 5952 §4.3'],
    ['2001:0db8:0000:0000:0000:0000:0000:0001', '2001:db8::1', 'no leading zeros, RFC 5952 §4.1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1', 'the first of two equal runs, RFC 5952 §4.2.3'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1', 'the longest run, RFC 5952 §4.2.3'],
    ['2001:db8::1:1:1:1:1', '2001:db8:0:1:1:1:1:1', 'one group is no run, RFC 5952 §4.2.2'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0', ':: may stand for one group, RFC 4291 §2.2'],
    ['::', '::', 'all zero'],
    ['::1', '::1', 'gap first'],
    ['1::', '1::', 'gap last'],
    ['::ffff:808:808', '::ffff:808:808', 'mapped in hexadecimal is for the policy'],
    ['2405:4800::/32', '2405:4800::/32', 'a prefix'],
    ['2405:4800::1/128', '2405:4800::1', 'a host is written without length'],
    ['::/0', '::/0', 'width is for the policy'],
  ])('%s as %s: %s', (text, canonical) => {
    expect(parseBlock(text)).toBe(canonical)
  })
})

describe('parseBlock refuses', () => {
  it.each<readonly [text: string, code: string, why: string]>([
    ...PARSER_DIFFERENTIALS,
    ['', 'EMPTY', 'an empty line'],
    ['/24', 'EMPTY', 'a length alone'],
    ['1'.repeat(257), 'TOO_LONG', 'no address is that long'],
    ['1.2.3.4\0', 'CONTROL_CHARACTER', 'NUL ends a text for C'],
    ['1.2.3.4\u001b[0m', 'CONTROL_CHARACTER', 'escape sequences reach terminals'],
    ['1.2.3.4\n', 'WHITESPACE', 'two lines'],
    ['1.2.3.4;5.6.7.8', 'LIST', 'two addresses'],
    ['1.2.3.4-9', 'RANGE', 'a short range'],
    ['(1.2.3.4)', 'BRACKETS', ''],
    ['1.2.3.4:80', 'PORT', ''],
    ['1.2.3.4:', 'PORT', ''],
    ['egw.example:443', 'PORT', 'a name with a port'],
    ['1.2.3.*', 'WILDCARD', ''],
    ['2001:db8::*', 'WILDCARD', ''],
    ['0', 'BARE_INTEGER', ''],
    ['1/32', 'BARE_INTEGER', ''],
    ['egw.example', 'HOST_NAME', ''],
    ['a', 'HOST_NAME', 'could be hexadecimal too'],
    ['1.2.3.4x', 'HOST_NAME', ''],
    ['+1.2.3.4', 'BAD_CHARACTER', ''],
    ['-1.2.3.4', 'BAD_CHARACTER', ''],
    ['1.2.3.4\\', 'BAD_CHARACTER', ''],
    ['1..2.3', 'EMPTY_OCTET', ''],
    ['1.2.3.', 'EMPTY_OCTET', ''],
    ['.1.2.3', 'EMPTY_OCTET', ''],
    ['1.2.3.4.', 'EMPTY_OCTET', ''],
    ['1.2.3.4.5', 'OCTET_COUNT', ''],
    ['00.0.0.0', 'LEADING_ZERO', ''],
    ['256.1.1.1', 'OCTET_OUT_OF_RANGE', ''],
    ['1.2.3.1000', 'OCTET_OUT_OF_RANGE', ''],
    ['1.2.3.99999999999999999999', 'OCTET_OUT_OF_RANGE', 'wraps around in C'],
    [':1:2:3:4:5:6:7', 'STRAY_COLON', ''],
    ['1:2:3:4:5:6:7:', 'STRAY_COLON', ''],
    [':', 'STRAY_COLON', ''],
    ['1::2::3', 'SEVERAL_GAPS', ''],
    [':::', 'SEVERAL_GAPS', ''],
    ['1:::2', 'SEVERAL_GAPS', ''],
    ['::::', 'SEVERAL_GAPS', ''],
    ['12345::', 'GROUP_TOO_LONG', ''],
    ['00001::', 'GROUP_TOO_LONG', 'even of zeros'],
    ['1:2:3:4:5:6:7', 'GROUP_COUNT', 'too few'],
    ['1:2:3:4:5:6:7:8:9', 'GROUP_COUNT', 'too many'],
    ['1:2:3:4::5:6:7:8', 'GROUP_COUNT', ':: stands for nothing'],
    ['::1:2:3:4:5:6:7:8', 'GROUP_COUNT', ':: stands for nothing'],
    ['2001:dbg::', 'BAD_CHARACTER', 'no hexadecimal digit'],
    ['1.2.3.4/', 'LENGTH_MISSING', ''],
    ['2001:db8::/', 'LENGTH_MISSING', ''],
    ['1.2.3.0/24/24', 'LENGTH_TWICE', ''],
    ['1.2.3.0//24', 'LENGTH_TWICE', ''],
    ['1.2.3.0/0.0.0.255', 'LENGTH_NETMASK', 'a wildcard mask'],
    ['2001:db8::/ffff:ffff::', 'LENGTH_NETMASK', ''],
    ['1.2.3.0/+24', 'LENGTH_NOT_DECIMAL', ''],
    ['1.2.3.0/-1', 'LENGTH_NOT_DECIMAL', ''],
    ['1.2.3.0/0x18', 'LENGTH_NOT_DECIMAL', ''],
    ['1.2.3.0/2e1', 'LENGTH_NOT_DECIMAL', ''],
    ['0.0.0.0/00', 'LENGTH_LEADING_ZERO', ''],
    ['1.2.3.4/33', 'LENGTH_OUT_OF_RANGE', ''],
    ['2001:db8::/129', 'LENGTH_OUT_OF_RANGE', ''],
    ['1.2.3.4/4294967328', 'LENGTH_OUT_OF_RANGE', 'is 32 after a wrap'],
  ])('%j by %s %s', (text, code) => {
    expect(codeOf(() => parseBlock(text))).toBe(code)
  })

  it('with a message that quotes the text escaped and cut', () => {
    const refusal = (text: string): unknown => {
      try {
        return parseBlock(text)
      } catch (error) {
        return error
      }
    }
    expect(refusal('1.2.3.4\u001b[31m')).toEqual(
      new AddressError('CONTROL_CHARACTER', `Cannot take "1.2.3.4\\u001b[31m" as a block: ${ADDRESS_ERRORS.CONTROL_CHARACTER}`),
    )
    expect(String(refusal('9'.repeat(5000))).length).toBeLessThan(250)
  })
})

describe('parseBlock', () => {
  it('takes its own output again unchanged, for 50,000 seeded texts of which a good part is taken', () => {
    const random = createSeeded(5952)
    let taken = 0
    for (let i = 0; i < 50_000; i += 1) {
      const text = addressText(random)
      let block: string
      try {
        block = parseBlock(text)
      } catch (error) {
        expect(error).toBeInstanceOf(AddressError)
        continue
      }
      taken += 1
      if (parseBlock(block) !== block) expect.fail(`${text} gave ${block}, which is not taken as itself`)
    }
    expect(taken).toBeGreaterThan(15_000)
  })
})
