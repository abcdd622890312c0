import type { TortureFigures } from './torture.ts'
import type { TortureFailure, TortureState } from './torture-state.ts'

/** Lines for people: on a terminal one that is written over, elsewhere one now and then. */
export interface TortureProgress {
  show(state: TortureState, failure?: TortureFailure): void
  say(line: string): void
}

export interface ProgressOutput {
  readonly isTTY?: boolean | undefined
  write(text: string): unknown
}

const EVERY_MS = { terminal: 200, other: 15_000 } as const

/** `repeat` gives the command that does only one round again. */
export function createTortureProgress(
  name: string,
  output: ProgressOutput,
  nowMs: () => number,
  repeat: (round: number) => string,
): TortureProgress {
  const isTerminal = output.isTTY === true
  let shownMs = Number.NEGATIVE_INFINITY
  let hasLine = false
  const say = (line: string): void => {
    output.write(`${hasLine ? '\r\u001b[K' : ''}${name}: ${line}\n`)
    hasLine = false
  }
  return {
    say,
    show(state, failure) {
      if (failure !== undefined) {
        say(`round ${failure.round} (seed ${failure.seed}) FAILED: ${failure.message}`)
        say(`to repeat only this round: ${repeat(failure.round)}`)
      }
      const isDue = nowMs() - shownMs >= (isTerminal ? EVERY_MS.terminal : EVERY_MS.other)
      if (!isDue && !state.isFinished) return
      shownMs = nowMs()
      if (!isTerminal || state.isFinished) return say(progressLine(state))
      output.write(`\r\u001b[K${name}: ${progressLine(state)}`)
      hasLine = true
    },
  }
}

/** `round 12 of 50, 240,000 probes, 288 revisions, 5,123 probes/s, 3 min left`. The rate is that of the first figure. */
export function progressLine(state: TortureState): string {
  const { done, rounds, ranMs, failures } = state
  const figures = Object.entries(state.figures)
  const parts = [`round ${done} of ${rounds}`, ...figures.map(([figure, count]) => `${numberOf(count)} ${figure}`)]
  const [main] = figures
  if (main !== undefined && ranMs > 0) parts.push(`${numberOf(Math.round((main[1] * 1000) / ranMs))} ${main[0]}/s`)
  if (failures.length > 0) parts.push(`${failures.length} FAILED`)
  if (done > 0) parts.push(state.isFinished ? `in ${durationOf(ranMs)}` : `${durationOf((ranMs / done) * (rounds - done))} left`)
  return parts.join(', ')
}

/** `1,000,000 probes, 1,000 revisions`. */
export function figuresText(figures: TortureFigures): string {
  return Object.entries(figures)
    .map(([figure, count]) => `${numberOf(count)} ${figure}`)
    .join(', ')
}

export function durationOf(ms: number): string {
  const seconds = Math.round(ms / 1000)
  if (seconds < 120) return `${seconds} s`
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`
}

function numberOf(count: number): string {
  return count.toLocaleString('en-US', { maximumFractionDigits: 1 })
}
