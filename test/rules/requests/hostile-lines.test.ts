import { expect, it } from 'vitest'
import { runRound } from '../../torture/lines.ts'

it.each([1, 2, 3, 4])(
  'logs of hostile clients are read as the proxy wrote them, by every way and in any pieces (seed %i)',
  (seed) => {
    expect(runRound(seed)).toMatchObject({ lines: 1_500 })
  },
)
