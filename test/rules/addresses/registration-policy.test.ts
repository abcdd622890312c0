import { describe, expect, it } from 'vitest'
import { parseBlock } from '../../../rules/addresses/parse-block.ts'
import { DEFAULT_REGISTRATION_POLICY, judgeBlock, type RegistrationPolicy } from '../../../rules/addresses/registration-policy.ts'
import { codeOf } from '../../support/code-of.ts'

const laboratory: RegistrationPolicy = {
  minLength4: 16,
  minLength6: 32,
  specialAllowed: [parseBlock('10.77.0.0/16'), parseBlock('fd00:77::/32')],
}

describe('judgeBlock', () => {
  it.each<[text: string, policy: RegistrationPolicy, code: string | undefined, why: string]>([
    ['8.8.8.8', DEFAULT_REGISTRATION_POLICY, undefined, 'a public host'],
    ['8.8.8.0/24', DEFAULT_REGISTRATION_POLICY, undefined, 'the widest of v4'],
    ['8.8.8.0/23', DEFAULT_REGISTRATION_POLICY, 'TOO_WIDE', 'one bit wider'],
    ['2405:4800::/48', DEFAULT_REGISTRATION_POLICY, undefined, 'the widest of v6'],
    ['2405:4800::/47', DEFAULT_REGISTRATION_POLICY, 'TOO_WIDE', 'one bit wider'],
    ['0.0.0.0/0', DEFAULT_REGISTRATION_POLICY, 'WHOLE_INTERNET', ''],
    ['::/0', DEFAULT_REGISTRATION_POLICY, 'WHOLE_INTERNET', ''],
    [
      '0.0.0.0/0',
      { minLength4: 0, minLength6: 0, specialAllowed: [parseBlock('0.0.0.0/0')] },
      'WHOLE_INTERNET',
      'whatever the policy',
    ],
    ['10.0.0.1', DEFAULT_REGISTRATION_POLICY, 'PRIVATE_USE', 'a typo of every form'],
    ['10.0.0.0/8', DEFAULT_REGISTRATION_POLICY, 'PRIVATE_USE', 'private says more than wide'],
    ['8.0.0.0/5', DEFAULT_REGISTRATION_POLICY, 'TOO_WIDE', 'wide says more than what lies in it'],
    ['8.0.0.0/5', { ...DEFAULT_REGISTRATION_POLICY, minLength4: 1 }, 'PRIVATE_USE', 'a special range inside'],
    ['10.77.3.4', laboratory, undefined, 'allowed by name'],
    ['10.78.3.4', laboratory, 'PRIVATE_USE', 'beside what is allowed'],
    ['10.76.0.0/15', laboratory, 'PRIVATE_USE', 'more than what is allowed'],
    ['fd00:77::1', laboratory, undefined, 'allowed by name'],
    ['fd00:78::1', laboratory, 'UNIQUE_LOCAL', 'beside what is allowed'],
  ])('%s under %o gives %s: %s', (text, policy, code) => {
    expect(codeOf(() => judgeBlock(parseBlock(text), policy))).toBe(code)
  })
})
