import { describe, expect, it } from 'vitest'
import { createVerdictJudge } from './verdict-judge.ts'

const NAMES = ['stays', 'never', 'comes', 'goes']
/** Before and after of the four flows. */
const OLD = { what: 'old', passes: Uint8Array.of(1, 0, 0, 1) }
const NEW = { what: 'new', passes: Uint8Array.of(1, 0, 1, 0) }

/** Hears `met` from all four flows between `fromUs` and `untilUs`; the change goes from 100 to 200. */
function judged(met: string, fromUs: number, untilUs: number, strays = 0): readonly string[] {
  const clock = { us: 100 }
  const judge = createVerdictJudge(
    OLD,
    (flow) => NAMES[flow] ?? '',
    () => clock.us,
  )
  judge.begin(NEW)
  clock.us = 200
  judge.end()
  judge.hear({ fromUs, untilUs, flows: [0, 1, 2, 3], met, strays })
  return judge.wrong.map((words) => words.split(' ')[0] ?? '')
}

describe('createVerdictJudge', () => {
  it.each([
    ['PRRP', 10, 90, [], 'before the change, as before'],
    ['PRPR', 10, 90, ['comes', 'goes'], 'before the change, as after'],
    ['PRPR', 210, 290, [], 'after the change, as after'],
    ['PRRP', 210, 290, ['comes', 'goes'], 'after the change, still as before'],
    ['PRPP', 120, 130, [], 'during the change, as before or after'],
    ['RRRR', 120, 130, ['stays'], 'during the change, who passes in both is refused'],
    ['PPPP', 120, 130, ['never'], 'during the change, who passes in neither passes'],
    ['PRRR', 90, 110, [], 'begun before it and ended in it'],
    ['PRPR', 190, 210, [], 'begun in it and ended after it'],
    ['PR-R', 120, 130, ['comes'], 'silence is never right'],
  ] as [string, number, number, string[], string][])('%s from %i to %i is wrong for %j: %s', (met, fromUs, untilUs, wrong) => {
    expect(judged(met, fromUs, untilUs)).toEqual(wrong)
  })

  it('takes an answer to a question that nobody asked for a fault', () => {
    expect(judged('PRRP', 10, 90, 2)).toEqual(['2'])
  })
})
