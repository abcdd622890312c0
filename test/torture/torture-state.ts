import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { TortureFigures } from './torture.ts'

/** A round that went wrong. */
export interface TortureFailure {
  /** Counted from 1. */
  readonly round: number
  /** The round's own, which it was given. */
  readonly seed: number
  readonly message: string
}

/** What is kept of a run after each of its rounds. */
export interface TortureState {
  readonly seed: number
  /** Rounds to be run in all. */
  readonly rounds: number
  readonly done: number
  /** Of the code, at each start that had another one than the start before. */
  readonly commits: readonly string[]
  /** Of the rounds that went well. */
  readonly figures: TortureFigures
  readonly failures: readonly TortureFailure[]
  /** Time spent in rounds, over all starts. */
  readonly ranMs: number
  readonly isFinished: boolean
}

/** Progress of each torture, one file each. */
export interface TortureStates {
  /** @throws Error where the file is there and is none of ours */
  find(name: string): Promise<TortureState | undefined>
  /** Written beside, synced and renamed: a power cut leaves the state before or the state after. */
  keep(name: string, state: TortureState): Promise<void>
  forget(name: string): Promise<void>
}

export function createTortureStates(folder: string): TortureStates {
  const pathOf = (name: string) => join(folder, `${name}.json`)
  return {
    async find(name) {
      try {
        return parseState(await readFile(pathOf(name), 'utf8'))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
        throw new Error(`Cannot go on from ${pathOf(name)}; --fresh begins anew`, { cause: error })
      }
    },
    async keep(name, state) {
      await mkdir(folder, { recursive: true })
      const beside = `${pathOf(name)}.new`
      const file = await open(beside, 'w')
      try {
        await file.writeFile(`${JSON.stringify(state, null, 2)}\n`)
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(beside, pathOf(name))
    },
    forget: (name) => rm(pathOf(name), { force: true }),
  }
}

function parseState(text: string): TortureState {
  const state = JSON.parse(text) as TortureState
  const areNumbers = [state.seed, state.rounds, state.done, state.ranMs].every(Number.isFinite)
  if (areNumbers && Array.isArray(state.failures) && Array.isArray(state.commits) && typeof state.figures === 'object')
    return state
  throw new Error('it is no state of a torture run')
}
