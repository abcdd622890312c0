import { describe, expect, it } from 'vitest'
import { CONTROL_LINK_ERRORS } from '../../../agent/control/control-link-error.ts'
import { FIREWALL_ERRORS } from '../../../agent/firewall/firewall-error.ts'
import { MEMORY_ERRORS } from '../../../agent/memory/memory-error.ts'
import { ORDER_ERRORS } from '../../../agent/orders/order-error.ts'
import { findAdvice } from '../../../agent/status/fault-advice.ts'
import { TRUST_ERRORS } from '../../../agent/trust/trust-error.ts'
import { LOCKOUT_ERRORS } from '../../../rules/lockout/find-cut.ts'
import { REVISION_ERRORS } from '../../../rules/revisions/revision-error.ts'

describe('findAdvice', () => {
  it.each(Object.keys(LOCKOUT_ERRORS))('tells the person on duty what to do about %s', (code) => {
    expect(findAdvice(code)).toMatchObject({ vi: expect.stringMatching(/\S/), en: expect.stringMatching(/\S/) })
  })

  it.each([
    'LIST_EMPTY',
    'LIST_SHRINKS',
    'PROVINCE_LOST',
    'LIST_ALL_COVERING',
    'STATE_UNWRITABLE',
    'STATE_UNREADABLE',
    'LAST_GOOD_BROKEN',
    'TRUSTED_BROKEN',
    'TRUST_STORE',
    'NO_TOOL',
    'NOT_FINISHED',
    'INPUT_UNWRITABLE',
    'UNREADABLE',
    'OUT_OF_MEMORY',
    'CONTROL_UNREACHABLE',
    'METADATA_EXPIRED',
    'ORDER_UNSAFE',
  ])('knows the real code %s', (code) => {
    const codes = {
      ...CONTROL_LINK_ERRORS,
      ...FIREWALL_ERRORS,
      ...MEMORY_ERRORS,
      ...ORDER_ERRORS,
      ...TRUST_ERRORS,
      ...REVISION_ERRORS,
    }
    expect(Object.keys(codes)).toContain(code)
    expect(findAdvice(code)).toBeDefined()
  })

  it('has none where the message says it all', () => {
    expect(findAdvice('constructor')).toBeUndefined()
  })
})
