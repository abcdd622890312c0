import { describe, expect, it } from 'vitest'
import { judgeOpening, type Opening } from '../../../rules/lockout/opening.ts'
import { codeOf } from '../../support/code-of.ts'

const AT = '2026-03-01T00:00:00.000Z'
const NOW = Date.parse(AT)
const limits = { maxHours: 8, maxOpen: 8 }

function anOpening(fields: Partial<Opening> = {}): Opening {
  return {
    id: '0123456789abcdef',
    block: '20.0.0.1',
    at: AT,
    until: '2026-03-01T01:00:00.000Z',
    why: 'the list server is down',
    by: 'root',
    ...fields,
  }
}

describe('judgeOpening', () => {
  it.each<[string, Partial<Opening>, string]>([
    ['a whole internet', { block: '0.0.0.0/0' }, 'OPENING_TOO_WIDE'],
    ['a /28', { block: '20.0.0.0/28' }, 'OPENING_TOO_WIDE'],
    ['a /63 of IPv6', { block: '2400::/63' }, 'OPENING_TOO_WIDE'],
    ['host bits', { block: '20.0.0.1/29' }, 'HOST_BITS'],
    ['a name', { block: 'admin.example' }, 'HOST_NAME'],
    ['ten years', { until: '2036-03-01T00:00:00.000Z' }, 'OPENING_TOO_LONG'],
    ['an end before the beginning', { until: '2026-02-01T00:00:00.000Z' }, 'OPENING_TOO_LONG'],
    ['no date', { until: 'never' }, 'OPENING_TOO_LONG'],
    ['no reason', { why: '   ' }, 'OPENING_NO_REASON'],
    ['two words', { why: 'let me' }, 'OPENING_NO_REASON'],
    ['a reason of two lines', { why: 'the list\nis down' }, 'OPENING_NO_REASON'],
    ['the number of a person', { why: `patient ${'9'.repeat(10)} must be seen` }, 'OPENING_NO_REASON'],
    ['a future', { at: '2026-03-01T00:02:00.000Z' }, 'OPENING_CLOCK'],
  ])('%s is refused', (_what, fields, code) => {
    expect(codeOf(() => judgeOpening(anOpening(fields), limits, NOW))).toBe(code)
  })

  it('is refused where the config forbids it', () => {
    expect(codeOf(() => judgeOpening(anOpening(), { ...limits, maxHours: 0 }, NOW))).toBe('OPENING_FORBIDDEN')
  })

  it.each(['20.0.0.1', '20.0.0.0/29', '2400::1', '2400::/64'])('%s is opened', (block) => {
    expect(judgeOpening(anOpening({ block }), limits, NOW)).toMatchObject({ block, untilMs: NOW + 3_600_000 })
  })
})
