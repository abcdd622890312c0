import { describe, expect, it } from 'vitest'
import { CONTROL_LINK_ERRORS } from '../../../agent/control/control-link-error.ts'
import { FIREWALL_ERRORS } from '../../../agent/firewall/firewall-error.ts'
import { EDGE_GATE_ERRORS } from '../../../agent/gate/edge-gate-error.ts'
import { MEMORY_ERRORS } from '../../../agent/memory/memory-error.ts'
import { ORDER_ERRORS } from '../../../agent/orders/order-error.ts'
import { findAdvice } from '../../../agent/status/fault-advice.ts'
import { WATCH_ADVICE } from '../../../agent/status/watch-advice.ts'
import { TRUST_ERRORS } from '../../../agent/trust/trust-error.ts'
import { WATCH_LINK_ERRORS } from '../../../agent/verdicts/watch-link-error.ts'
import { WATCH_ERRORS } from '../../../agent/watch/watch-error.ts'
import { LOCKOUT_ERRORS } from '../../../rules/lockout/find-cut.ts'
import { REVISION_ERRORS } from '../../../rules/revisions/revision-error.ts'

/** What can be wrong while `watch` goes on; the others end it, or are of its commands. */
const WATCH_CODES = Object.keys(WATCH_ERRORS).filter(
  (code) => !/^(?:BAD_REGISTRATIONS|KEY_UNUSABLE|TALLY_KEY_UNUSABLE|WATCH_.*)$/.test(code),
)

describe('findAdvice', () => {
  it.each(Object.keys(LOCKOUT_ERRORS))('tells the person on duty what to do about %s', (code) => {
    expect(findAdvice({ area: 'pass', code })).toMatchObject({ vi: expect.stringMatching(/\S/), en: expect.stringMatching(/\S/) })
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
    expect(findAdvice({ area: 'pass', code })).toBeDefined()
  })

  it.each([...Object.keys(EDGE_GATE_ERRORS), ...Object.keys(WATCH_LINK_ERRORS), ...WATCH_CODES])(
    'tells the person on duty what to do about %s of watch',
    (code) => {
      for (const area of ['watch', 'gate'])
        expect(findAdvice({ area, code })).toMatchObject({ vi: expect.stringMatching(/\S/), en: expect.stringMatching(/\S/) })
    },
  )

  it('knows no code of watch that there is not', () => {
    const known = { ...EDGE_GATE_ERRORS, ...WATCH_LINK_ERRORS, ...WATCH_ERRORS, ...MEMORY_ERRORS }
    expect(Object.keys(WATCH_ADVICE).filter((code) => !Object.hasOwn(known, code))).toEqual([])
  })

  it('tells of the disk of watch where that is full', () => {
    expect(findAdvice({ area: 'watch', code: 'STATE_UNWRITABLE' })?.en).toContain('watch.stateDir')
    expect(findAdvice({ area: 'memory', code: 'STATE_UNWRITABLE' })?.en).not.toContain('watch')
  })

  it('has none where the message says it all', () => {
    expect(findAdvice({ area: 'pass', code: 'constructor' })).toBeUndefined()
  })
})
