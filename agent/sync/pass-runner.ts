import type { Timers } from '../time/timers.ts'
import type { PassOutcome } from './run-pass.ts'

/** The first wait after a control API that did not answer, doubled each time up to the longest. */
const RETRY_BASE_MS = 2000
const RETRY_MAX_MS = 60_000

export interface PassRunnerParts {
  /** Runs one pass with all that belongs to it; never throws. */
  readonly run: () => Promise<PassOutcome>
  readonly timers: Timers
  /** 0 ≤ number < 1. */
  readonly random: () => number
}

/** Says when passes run: never two at a time, and however often one is asked for meanwhile, one more follows. */
export interface PassRunner extends Disposable {
  /** Asks for a pass now, or as soon as the control API wants to be asked again. */
  request(): void
  /** Asks for a pass at a random moment within `spreadMs`; one that is waiting already is enough. */
  requestWithin(spreadMs: number): void
  /** Ends once no pass is running. */
  idle(): Promise<void>
}

export function createPassRunner({ run, timers, random }: PassRunnerParts): PassRunner {
  let running: Promise<void> | undefined
  let isAskedAgain = false
  let isOver = false
  let failures = 0
  let later: Disposable | undefined
  /** Set while the control API wants to be left alone (Retry-After): holds back every pass, whoever asks for it. */
  let pause: Disposable | undefined

  const settle = (outcome: PassOutcome): void => {
    if (outcome.kind !== 'failed' || isOver) {
      failures = 0
      return
    }
    if (outcome.retryAfterMs > 0) {
      // Jitter on top, so that edges told the same do not come back in the same second.
      pause = timers.after(outcome.retryAfterMs + Math.round(random() * RETRY_MAX_MS), () => {
        pause = undefined
        request()
      })
    } else if (outcome.isAway) {
      requestWithin(Math.min(RETRY_MAX_MS, RETRY_BASE_MS * 2 ** Math.min(failures, 10)))
      failures += 1
    }
  }

  const loop = async (): Promise<void> => {
    do {
      isAskedAgain = false
      settle(await run())
    } while (isAskedAgain && !isOver && pause === undefined)
    running = undefined
  }

  const request = (): void => {
    if (isOver || pause !== undefined) return
    if (running === undefined) running = loop()
    else isAskedAgain = true
  }

  const requestWithin = (spreadMs: number): void => {
    later ??= timers.after(Math.round(random() * spreadMs), () => {
      later = undefined
      request()
    })
  }

  return {
    request,
    requestWithin,
    idle: async () => running,
    [Symbol.dispose]() {
      isOver = true
      later?.[Symbol.dispose]()
      pause?.[Symbol.dispose]()
    },
  }
}
