import { describe, expect, it } from 'vitest'
import { parseTortureOptions, usage } from './torture-options.ts'

const KNOWN = ['packets', 'model', 'kills']

describe('parseTortureOptions', () => {
  it('asks for every torture where none is named', () => {
    expect(parseTortureOptions([], KNOWN)).toEqual({
      names: KNOWN,
      seed: undefined,
      rounds: undefined,
      from: undefined,
      isFresh: false,
      isAgain: false,
      isRecorded: false,
      isHelp: false,
      state: '.torture',
    })
  })

  it('takes the names in the order in which they run', () => {
    const { names, seed, rounds, isFresh } = parseTortureOptions(
      ['kills', '--seed', '4294967295', '--rounds', '3', '--fresh', 'packets'],
      KNOWN,
    )
    expect({ names, seed, rounds, isFresh }).toEqual({ names: ['packets', 'kills'], seed: 4294967295, rounds: 3, isFresh: true })
  })

  it.each([
    [['packet'], /"packet"/, 'a name that is not there'],
    [['--seed', 'x'], /--seed takes a whole number from 0/, 'no number'],
    [['--seed', '4294967296'], /--seed/, 'does not fit into 32 bits'],
    [['--rounds', '0'], /--rounds takes a whole number from 1/, 'no round at all'],
    [['--rounds', '-1'], /--rounds/, 'negative'],
    [['--from', '2', '--record'], /--from/, 'a repeat is no result'],
    [['--form', '2'], /--form/, 'an option that is not there'],
  ])('%j is refused: %s (%s)', (argv, words) => {
    expect(() => parseTortureOptions(argv, KNOWN)).toThrow(words)
  })

  it('shows every torture in the help', () => {
    expect(usage([{ name: 'packets', what: 'packets while lists change' }])).toMatch(/ {2}packets +packets while lists change\n/)
  })
})
