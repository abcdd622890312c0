import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { findKeptObstacle, judge, runTorture, seedOfRound, type TortureRun } from './run-torture.ts'
import type { Torture } from './torture.ts'
import { createTortureStates, type TortureState } from './torture-state.ts'

const SEED = 7

/** A torture that tells what it was asked for. */
function aTorture(doRound: (seed: number) => void | Promise<void> = () => undefined) {
  const seeds: number[] = []
  const lived = { begun: 0, ended: 0 }
  const torture: Torture = {
    what: 'does nothing',
    rounds: 6,
    goals: { probes: 60 },
    findObstacle: async () => undefined,
    async begin() {
      lived.begun += 1
      return {
        async run(seed) {
          seeds.push(seed)
          await doRound(seed)
          return { probes: 10 }
        },
        async [Symbol.asyncDispose]() {
          lived.ended += 1
        },
      }
    },
  }
  return { torture, seeds, lived }
}

async function aRun(torture: Torture, fields: Partial<TortureRun> = {}): Promise<TortureRun> {
  const states = createTortureStates(await temporaryFolder())
  const { signal } = new AbortController()
  return { name: 'none', torture, seed: SEED, rounds: 6, commit: 'abc', states, onRound: () => undefined, signal, ...fields }
}

const seedsOf = (...rounds: number[]) => rounds.map((round) => seedOfRound(SEED, round))

describe('runTorture', () => {
  it('gives each round a seed that follows from the run and the number alone', async () => {
    const first = aTorture()
    const second = aTorture()
    const result = await runTorture(await aRun(first.torture))
    await runTorture(await aRun(second.torture))
    expect(first.seeds).toEqual(seedsOf(1, 2, 3, 4, 5, 6))
    expect(second.seeds).toEqual(first.seeds)
    expect(new Set(first.seeds).size).toBe(6)
    expect(result).toMatchObject({ done: 6, figures: { probes: 60 }, missed: {}, areGoalsJudged: true, isGood: true })
    expect(first.lived).toEqual({ begun: 1, ended: 1 })
  })

  it('goes on with the round in which it was stopped, with the figures so far', async () => {
    const stop = new AbortController()
    const stopped = aTorture(async (seed) => {
      if (seed !== seedOfRound(SEED, 4)) return
      stop.abort(new Error('Ctrl-C'))
      await new Promise(() => undefined)
    })
    const run = await aRun(stopped.torture)
    await expect(runTorture({ ...run, signal: stop.signal })).rejects.toThrow('Ctrl-C')
    expect(stopped.lived).toEqual({ begun: 1, ended: 1 })

    const again = aTorture()
    const result = await runTorture({ ...run, torture: again.torture, commit: 'def' })
    expect(result.commits).toEqual(['abc', 'def'])
    expect(again.seeds).toEqual(seedsOf(4, 5, 6))
    expect(result).toMatchObject({ done: 6, figures: { probes: 60 }, isGood: true })
  })

  it('runs the rounds that failed once more when it is told that they are mended, and only those', async () => {
    const broken = aTorture((seed) => {
      if ([2, 5].map((round) => seedOfRound(SEED, round)).includes(seed)) throw new Error('wrong')
    })
    const run = await aRun(broken.torture)
    expect(await runTorture(run)).toMatchObject({ done: 6, figures: { probes: 40 }, isGood: false })

    const half = aTorture((seed) => {
      if (seed === seedOfRound(SEED, 5)) throw new Error('still wrong')
    })
    const second = await runTorture({ ...run, torture: half.torture, commit: 'def', isAgain: true })
    expect(half.seeds).toEqual(seedsOf(2, 5))
    expect(second).toMatchObject({ done: 6, figures: { probes: 50 }, commits: ['abc', 'def'], isGood: false })
    expect(second.failures.map(({ round, message }) => [round, message])).toEqual([[5, 'still wrong']])

    const mended = aTorture()
    const third = await runTorture({ ...run, torture: mended.torture, commit: 'ghi', isAgain: true })
    expect(mended.seeds).toEqual(seedsOf(5))
    expect(third).toMatchObject({ done: 6, figures: { probes: 60 }, failures: [], isGood: true })
  })

  it('begins anew after a run that came to its end', async () => {
    const { torture, seeds } = aTorture()
    const run = await aRun(torture)
    await runTorture(run)
    await runTorture(run)
    expect(seeds).toEqual([...seedsOf(1, 2, 3, 4, 5, 6), ...seedsOf(1, 2, 3, 4, 5, 6)])
  })

  it('keeps a failure with round and seed, goes on with what is made anew, and is not good', async () => {
    const { torture, lived } = aTorture((seed) => {
      if (seed === seedOfRound(SEED, 3)) throw new Error('20.1.0.1 was refused', { cause: new Error('approved in 4 and 5') })
    })
    const run = await aRun(torture)
    const told: unknown[] = []
    const result = await runTorture({ ...run, onRound: (_, failure) => failure !== undefined && told.push(failure) })
    const message = '20.1.0.1 was refused\n  because: approved in 4 and 5'
    const failure = { round: 3, seed: seedOfRound(SEED, 3), message }
    expect(told).toEqual([failure])
    expect(result).toMatchObject({ done: 6, figures: { probes: 50 }, failures: [failure], isGood: false })
    expect(await run.states.find('none')).toMatchObject({ failures: [failure], isFinished: true })
    expect(lived).toEqual({ begun: 2, ended: 2 })
  })

  it('keeps a failure over a stop', async () => {
    const stop = new AbortController()
    const { torture } = aTorture((seed) => {
      if (seed === seedOfRound(SEED, 1)) throw new Error('wrong')
      if (seed === seedOfRound(SEED, 2)) stop.abort(new Error('stopped'))
    })
    const run = await aRun(torture)
    await expect(runTorture({ ...run, signal: stop.signal })).rejects.toThrow('stopped')
    const result = await runTorture({ ...run, torture: aTorture().torture })
    expect(result).toMatchObject({ done: 6, failures: [{ round: 1 }], isGood: false })
  })

  it('gives up after five failures', async () => {
    const { torture, seeds } = aTorture(() => {
      throw new Error('wrong')
    })
    const result = await runTorture(await aRun(torture))
    expect(result).toMatchObject({ done: 5, isGood: false })
    expect(seeds).toEqual(seedsOf(1, 2, 3, 4, 5))
  })

  it('repeats only the rounds asked for and leaves what is kept alone', async () => {
    const { torture, seeds } = aTorture()
    const run = await aRun(torture)
    const kept: TortureState = {
      seed: SEED,
      rounds: 6,
      done: 2,
      commits: ['abc'],
      figures: {},
      failures: [],
      ranMs: 1,
      isFinished: false,
    }
    await run.states.keep('none', kept)
    const result = await runTorture({ ...run, from: 5, rounds: 1 })
    expect(seeds).toEqual(seedsOf(5))
    expect(result).toMatchObject({ done: 1, areGoalsJudged: false, isGood: true })
    expect(await run.states.find('none')).toEqual(kept)
  })
})

describe('judge', () => {
  const state: TortureState = {
    seed: 1,
    rounds: 6,
    done: 6,
    commits: ['abc'],
    figures: { probes: 59 },
    failures: [],
    ranMs: 1,
    isFinished: true,
  }

  it.each([
    [{}, { missed: { probes: 60 }, areGoalsJudged: true, isGood: false }, 'one too few'],
    [{ figures: { probes: 60 } }, { missed: {}, areGoalsJudged: true, isGood: true }, 'as many as wanted'],
    [{ figures: {} }, { missed: { probes: 60 }, areGoalsJudged: true, isGood: false }, 'not counted at all'],
    [{ rounds: 5 }, { missed: {}, areGoalsJudged: false, isGood: true }, 'a shorter run has no goals'],
  ] as [Partial<TortureState>, object, string][])('%j is %j: %s', (fields, verdict) => {
    expect(judge('none', { rounds: 6, goals: { probes: 60 } }, { ...state, ...fields })).toMatchObject(verdict)
  })
})

describe('findKeptObstacle', () => {
  const kept: TortureState = {
    seed: 1,
    rounds: 6,
    done: 2,
    commits: ['abc'],
    figures: {},
    failures: [],
    ranMs: 1,
    isFinished: false,
  }

  it.each([
    [undefined, 2, 6, undefined, 'nothing is kept'],
    [kept, 1, 6, undefined, 'the same run'],
    [{ ...kept, isFinished: true }, 2, 6, undefined, 'it came to its end'],
    [kept, 2, 6, /--seed 1 .*--fresh/, 'another seed'],
    [kept, 1, 7, /2 of 6 rounds/, 'another number of rounds'],
  ] as [TortureState | undefined, number, number, RegExp | undefined, string][])(
    '%j against seed %i and %i rounds: %s (%s)',
    (state, seed, rounds, obstacle) => {
      const found = findKeptObstacle(state, seed, rounds)
      if (obstacle === undefined) expect(found).toBeUndefined()
      else expect(found).toMatch(obstacle)
    },
  )
})

describe('createTortureStates', () => {
  it('does not read a file that was cut off while it was written beside the state', async () => {
    const folder = await temporaryFolder()
    const states = createTortureStates(folder)
    const kept: TortureState = {
      seed: 1,
      rounds: 6,
      done: 2,
      commits: ['abc'],
      figures: {},
      failures: [],
      ranMs: 1,
      isFinished: false,
    }
    await states.keep('none', kept)
    await writeFile(join(folder, 'none.json.new'), '{"seed":')
    expect(await states.find('none')).toEqual(kept)
    expect(await readFile(join(folder, 'none.json'), 'utf8')).toMatch(/\n$/)
  })

  it('says which file is no state', async () => {
    const folder = await temporaryFolder()
    await writeFile(join(folder, 'none.json'), '[]')
    await expect(createTortureStates(folder).find('none')).rejects.toThrow(/none\.json; --fresh/)
  })
})
