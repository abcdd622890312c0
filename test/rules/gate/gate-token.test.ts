import { createHmac } from 'node:crypto'
import { expect, it } from 'vitest'
import { gateToken } from '../../../rules/gate/gate-token.ts'
import { accountToken } from '../../../rules/tallies/account-token.ts'

const KEY = new Uint8Array(32).fill(7)

it('gateToken is the first 16 letters of the keyed hash, and no token of the tallies', () => {
  const hex = createHmac('sha256', KEY).update('01234_BV').digest('hex')
  const letters = hex.slice(0, 16).replace(/./g, (nibble) => 'abcdefghijklmnop'.charAt(Number.parseInt(nibble, 16)))
  expect(gateToken(KEY, '01234_BV')).toBe(letters)
  expect(gateToken(KEY, '01234_BV')).not.toBe(accountToken('01234_BV', KEY))
  expect(() => gateToken(new Uint8Array(8), '01234_BV')).toThrow(expect.objectContaining({ code: 'KEY_TOO_SHORT' }))
})
