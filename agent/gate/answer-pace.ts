import { createHistogram, monitorEventLoopDelay, type RecordableHistogram } from 'node:perf_hooks'

/** How long something took over the last whole minute, in milliseconds. */
export interface PaceFigures {
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
}

/** How fast the gate answers, as it sees it itself: what a proxy and the kernel add is not in it. */
export interface GatePace {
  /** Answers of the last whole minute; of the running one in the first. */
  readonly answers: number
  /** From when the first question of the same turn of the loop was there to when the answer was written; `null` without answers. */
  readonly answer: PaceFigures | null
  /** How much later than it should the loop came to a turn; `null` without answers. */
  readonly loop: PaceFigures | null
  /** Answers since the start that took longer than so many milliseconds. */
  readonly slow: Readonly<Record<'1' | '10' | '100', number>>
}

/** Takes the time of answers. */
export interface AnswerPace extends Disposable {
  /** A question is there. */
  begin(): void
  /** Its answer was written. */
  end(): void
  read(): GatePace
}

const MINUTE_MS = 60_000
/** How often the loop is looked at while proxies ask; nobody looks while they do not. */
const LOOP_MS = 10
const NS_IN_MS = 1e6

type LoopDelay = ReturnType<typeof monitorEventLoopDelay>

/** @param later runs a job when the turn of the loop has ended */
export function createAnswerPace(monotonicMs: () => number, later: (job: () => void) => unknown = setImmediate): AnswerPace {
  const slow = { 1: 0, 10: 0, 100: 0 }
  let loop: LoopDelay | undefined
  let running: RecordableHistogram = createHistogram()
  let before: Pick<GatePace, 'answers' | 'answer' | 'loop'> | undefined
  let minuteMs = Number.NEGATIVE_INFINITY
  let turnMs = 0
  let isTurn = false
  const endTurn = (): void => {
    isTurn = false
  }

  function figures(): Pick<GatePace, 'answers' | 'answer' | 'loop'> {
    const answers = running.count
    if (answers === 0) return { answers, answer: null, loop: null }
    return {
      answers,
      answer: figuresOf(running, 0),
      loop: loop === undefined || loop.count === 0 ? null : figuresOf(loop, LOOP_MS),
    }
  }

  function turnMinute(nowMs: number): void {
    // A minute in which nobody asked says nothing of now.
    const isNext = nowMs - minuteMs < 2 * MINUTE_MS
    before = isNext ? figures() : undefined
    minuteMs = nowMs
    running = createHistogram()
    loop?.reset()
    if (isNext && before?.answers === 0) rest()
  }

  function rest(): void {
    loop?.disable()
    loop = undefined
  }

  return {
    begin() {
      if (isTurn) return
      isTurn = true
      turnMs = monotonicMs()
      later(endTurn)
      if (turnMs - minuteMs >= MINUTE_MS) turnMinute(turnMs)
      if (loop !== undefined) return
      loop = monitorEventLoopDelay({ resolution: LOOP_MS })
      loop.enable()
    },
    end() {
      const tookMs = monotonicMs() - turnMs
      running.record(Math.max(1, Math.round(tookMs * NS_IN_MS)))
      if (tookMs <= 1) return
      slow[1] += 1
      if (tookMs > 10) slow[10] += 1
      if (tookMs > 100) slow[100] += 1
    },
    read() {
      const nowMs = monotonicMs()
      if (loop !== undefined && nowMs - minuteMs >= MINUTE_MS) turnMinute(nowMs)
      return { ...(before ?? figures()), slow: { ...slow } }
    },
    [Symbol.dispose]: rest,
  }
}

function figuresOf(histogram: RecordableHistogram | LoopDelay, offMs: number): PaceFigures {
  const ms = (ns: number): number => Math.round(Math.max(0, ns / NS_IN_MS - offMs) * 1000) / 1000
  return { p50Ms: ms(histogram.percentile(50)), p99Ms: ms(histogram.percentile(99)), maxMs: ms(histogram.max) }
}
