import { expect, it } from 'vitest'
import { findGateKeys, formatGateKeys, gateKeyId } from '../../../rules/gate/gate-keys.ts'

const [a, b] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)]

it('gate keys are read as they were written, newest first, and nothing else is', () => {
  expect(findGateKeys(formatGateKeys([b, a]))).toEqual([b, a])
  expect(gateKeyId(a)).not.toBe(gateKeyId(b))
  for (const text of ['', '\n', a.toString('hex'), `${a.toString('hex')}\n\n`, `${a.toString('hex').toUpperCase()}0\n`])
    expect(findGateKeys(text)).toBeUndefined()
})
