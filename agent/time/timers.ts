/** What makes things happen later. A job never throws; whoever asks for one disposes of it. */
export interface Timers {
  /** Calls `job` once, `delayMs` from now by a clock that nobody can set back. */
  after(delayMs: number, job: () => void): Disposable
  /** Calls `job` whenever the wall clock in the portal's zone matches the cron `expression`. */
  cron(expression: string, job: () => void): Disposable
}

/** Ends after `delayMs`, or at once when `signal` is aborted; never throws. */
export function wait(timers: Timers, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve()
      return
    }
    const finish = (): void => {
      timer[Symbol.dispose]()
      signal.removeEventListener('abort', finish)
      resolve()
    }
    const timer = timers.after(delayMs, finish)
    signal.addEventListener('abort', finish)
  })
}

/** Runs `job` every `periodMs` from now on. */
export function every(timers: Timers, periodMs: number, job: () => void): Disposable {
  let timer: Disposable
  const arm = (): Disposable =>
    timers.after(periodMs, () => {
      timer = arm()
      job()
    })
  timer = arm()
  return { [Symbol.dispose]: () => timer[Symbol.dispose]() }
}
