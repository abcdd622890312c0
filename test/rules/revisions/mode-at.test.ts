import { expect, it } from 'vitest'
import { modeAt } from '../../../rules/revisions/mode-at.ts'

const midnightMs = Date.UTC(2024, 6, 26, 17)

it.each<[header: Parameters<typeof modeAt>[0], nowMs: number, mode: string, why: string]>([
  [{ mode: 'observe', enforceFrom: null }, midnightMs, 'observe', 'no date'],
  [{ mode: 'enforce', enforceFrom: null }, midnightMs, 'enforce', 'no date'],
  [{ mode: 'observe', enforceFrom: '2024-07-27T00:00:00+07:00' }, midnightMs - 1, 'observe', 'a millisecond before'],
  [{ mode: 'observe', enforceFrom: '2024-07-27T00:00:00+07:00' }, midnightMs, 'enforce', 'the instant itself'],
  [{ mode: 'observe', enforceFrom: '2024-07-26T17:00Z' }, midnightMs + 1, 'enforce', 'another offset'],
  [{ mode: 'enforce', enforceFrom: '2024-07-27T00:00:00+07:00' }, midnightMs - 1, 'enforce', 'enforced before its date'],
])('modeAt(%j, %d) is %s: %s', (header, nowMs, mode) => {
  expect(modeAt(header, nowMs)).toBe(mode)
})
