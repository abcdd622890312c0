import { describe, expect, it } from 'vitest'
import { createTortureProgress, progressLine } from './torture-progress.ts'
import type { TortureState } from './torture-state.ts'

const STATE: TortureState = {
  seed: 1,
  rounds: 50,
  done: 10,
  commits: ['abc'],
  figures: { probes: 200_000, revisions: 240 },
  failures: [],
  ranMs: 40_000,
  isFinished: false,
}

describe('progressLine', () => {
  it.each([
    [{}, 'round 10 of 50, 200,000 probes, 240 revisions, 5,000 probes/s, 3 min left'],
    [{ done: 0, figures: {}, ranMs: 0 }, 'round 0 of 50'],
    [{ failures: [{ round: 3, seed: 1, message: '' }] }, /, 1 FAILED, 3 min left$/],
    [{ done: 50, isFinished: true }, /, in 40 s$/],
  ])('%j is %s', (fields, line) => {
    const text = progressLine({ ...STATE, ...fields })
    if (typeof line === 'string') expect(text).toBe(line)
    else expect(text).toMatch(line)
  })
})

describe('createTortureProgress', () => {
  it('names seed, round and the command that repeats it as soon as a round fails', () => {
    let said = ''
    const output = { write: (text: string) => (said += text) }
    const progress = createTortureProgress(
      'packets',
      output,
      () => 0,
      (round) => `again ${round}`,
    )
    progress.show(STATE)
    progress.show(STATE, { round: 10, seed: 99, message: 'wrong' })
    expect(said.split('\n').slice(1)).toEqual([
      'packets: round 10 (seed 99) FAILED: wrong',
      'packets: to repeat only this round: again 10',
      '',
    ])
  })
})
