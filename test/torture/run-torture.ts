import { createHash } from 'node:crypto'
import type { Torture, TortureFigures, TortureRounds } from './torture.ts'
import type { TortureFailure, TortureState, TortureStates } from './torture-state.ts'

/** A kernel that is wrong in every round need not be shown a thousand times. */
const MAX_FAILURES = 5

export interface TortureRun {
  readonly name: string
  readonly torture: Torture
  readonly seed: number
  readonly rounds: number
  /** Of the code as this process has loaded it. */
  readonly commit: string
  /** The first round, counted from 1, of a run that keeps no progress. */
  readonly from?: number | undefined
  /** Runs the rounds that failed once more, before it goes on: for when what was wrong is mended. */
  readonly isAgain?: boolean | undefined
  /** Not asked for a run with `from`. */
  readonly states: TortureStates
  /** Told after each round, and at the start. */
  readonly onRound: (state: TortureState, failure?: TortureFailure) => void
  /** The round in progress is given up and done again by the next start. */
  readonly signal: AbortSignal
}

export interface TortureResult {
  readonly torture: string
  readonly seed: number
  readonly rounds: number
  readonly done: number
  readonly commits: readonly string[]
  readonly figures: TortureFigures
  readonly failures: readonly TortureFailure[]
  readonly ranMs: number
  /** What was not reached; empty also where the rounds were too few to judge it. */
  readonly missed: TortureFigures
  /** False for fewer rounds than a full run has. */
  readonly areGoalsJudged: boolean
  /** Nothing failed and nothing that was judged is missed. */
  readonly isGood: boolean
}

/** Each round does the same whatever ran before it, so its seed comes from the run's and its number alone. */
export function seedOfRound(seed: number, round: number): number {
  return createHash('sha256').update(`${seed} ${round}`).digest().readUInt32BE()
}

/** Why what is kept must not be gone on with, and would be lost; `undefined` where nothing would. */
export function findKeptObstacle(kept: TortureState | undefined, seed: number, rounds: number): string | undefined {
  if (kept === undefined || kept.isFinished || isSameRun(kept, seed, rounds)) return undefined
  return `${kept.done} of ${kept.rounds} rounds with --seed ${kept.seed} are kept of a run that was stopped; go on with it, or --fresh forgets it`
}

function isSameRun(kept: TortureState, seed: number, rounds: number): boolean {
  return kept.seed === seed && kept.rounds === rounds
}

/** Runs the rounds that are still to be run. @throws the signal's reason when stopped */
export async function runTorture(run: TortureRun): Promise<TortureResult> {
  const { name, torture, seed, rounds, commit, from, states, onRound, signal } = run
  const isKept = from === undefined
  const first = from ?? 1
  const found = isKept ? await states.find(name) : undefined
  const canRepeat = run.isAgain === true && found !== undefined && found.failures.length > 0
  const canGoOn = found !== undefined && (canRepeat || !found.isFinished) && isSameRun(found, seed, rounds)
  let state: TortureState = canGoOn
    ? found
    : { seed, rounds, done: 0, commits: [], figures: {}, failures: [], ranMs: 0, isFinished: false }
  if (state.commits.at(-1) !== commit) state = { ...state, commits: [...state.commits, commit] }
  const again = run.isAgain === true ? state.failures.map(({ round }) => round) : []
  onRound(state)
  let current: TortureRounds | undefined
  try {
    while (again.length > 0 || !state.isFinished) {
      signal.throwIfAborted()
      const repeated = again.shift()
      const round = repeated ?? first + state.done
      const startMs = performance.now()
      let failure: TortureFailure | undefined
      let figures = state.figures
      try {
        current ??= await torture.begin()
        figures = sumOf(figures, await orStop(current.run(seedOfRound(seed, round)), signal))
      } catch (error) {
        signal.throwIfAborted()
        failure = { round, seed: seedOfRound(seed, round), message: wordsOf(error) }
        const broken = current
        current = undefined
        await broken?.[Symbol.asyncDispose]()
      }
      const done = repeated === undefined ? state.done + 1 : state.done
      const others = state.failures.filter((failed) => failed.round !== round)
      const failures = failure === undefined ? others : [...others, failure]
      const isFinished = done >= rounds || failures.length >= MAX_FAILURES
      state = { ...state, done, figures, failures, ranMs: state.ranMs + performance.now() - startMs, isFinished }
      if (isKept) await states.keep(name, state)
      onRound(state, failure)
    }
  } finally {
    await current?.[Symbol.asyncDispose]()
  }
  return judge(name, torture, state)
}

/** What a run came to. */
export function judge(name: string, torture: Pick<Torture, 'rounds' | 'goals'>, state: TortureState): TortureResult {
  const { seed, rounds, done, commits, figures, failures, ranMs } = state
  const areGoalsJudged = rounds >= torture.rounds
  const missed = areGoalsJudged
    ? Object.fromEntries(Object.entries(torture.goals).filter(([figure, goal]) => (figures[figure] ?? 0) < goal))
    : {}
  const isGood = failures.length === 0 && Object.keys(missed).length === 0
  return {
    torture: name,
    seed,
    rounds,
    done,
    commits,
    figures,
    failures,
    ranMs: Math.round(ranMs),
    missed,
    areGoalsJudged,
    isGood,
  }
}

function sumOf(a: TortureFigures, b: TortureFigures): TortureFigures {
  const names = new Set([...Object.keys(a), ...Object.keys(b)])
  return Object.fromEntries([...names].map((figure) => [figure, (a[figure] ?? 0) + (b[figure] ?? 0)]))
}

async function orStop<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const stop = (): void => reject(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  try {
    return await Promise.race([work, promise])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/** A failure's own words and those of its causes. */
function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause === undefined ? error.message : `${error.message}\n  because: ${wordsOf(error.cause)}`
}
