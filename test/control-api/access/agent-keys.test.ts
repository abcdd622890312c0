import { expect, it } from 'vitest'
import { createAgentKeys } from '../../../control-api/access/agent-keys.ts'
import { anAgentKey } from '../../support/agent-credential.ts'

it('a key is opened once, the oldest is forgotten first, and what is no key is refused', () => {
  const keys = createAgentKeys(2)
  const [a, b, c] = [anAgentKey(), anAgentKey(), anAgentKey()].map(({ publicKey }) => publicKey)
  const first = keys(a ?? '')
  expect([keys(a ?? ''), first.asymmetricKeyType]).toEqual([first, 'ed25519'])
  keys(b ?? '')
  keys(c ?? '')
  expect(keys(a ?? '')).not.toBe(first)
  expect(() => keys('x')).toThrow()
})
