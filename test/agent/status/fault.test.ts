import { describe, expect, it } from 'vitest'
import { faultOf } from '../../../agent/status/fault.ts'
import { TrustError } from '../../../agent/trust/trust-error.ts'

describe('faultOf', () => {
  it.each<[unknown, string, string]>([
    [new TrustError('METADATA_OLDER', 'older'), 'METADATA_OLDER', 'older'],
    [Object.assign(new Error('no space'), { code: 'ENOSPC', errno: -28 }), 'UNEXPECTED', 'no space'],
    [new TypeError('x is not a function'), 'UNEXPECTED', 'x is not a function'],
    [new TrustError('TRUST_STORE', 'two\nlines\u001b[31m'), 'TRUST_STORE', 'two lines [31m'],
    ['a text', 'UNEXPECTED', 'a text'],
  ])('of %o is %s: %s', (error, code, message) => {
    expect(faultOf(error)).toEqual({ code, message })
  })

  it('cuts what would not fit into a report', () => {
    expect(faultOf(new Error('x'.repeat(5000))).message).toHaveLength(1000)
  })
})
