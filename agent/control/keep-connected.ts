import { type Timers, wait } from '../time/timers.ts'
import { ControlLinkError } from './control-link-error.ts'

export interface KeepConnectedOptions {
  /** Opens the connection and stays until it ends; calls `alive` once it has proved useful. A throw is an end too. */
  readonly connect: (alive: () => void, signal: AbortSignal) => Promise<void>
  /** Told once per end, with the wait before the next try. */
  readonly onEnd: (error: unknown, delayMs: number) => void
  readonly timers: Timers
  /** 0 ≤ number < 1. */
  readonly random: () => number
  readonly baseMs: number
  readonly maxMs: number
  readonly signal: AbortSignal
}

/**
 * Connects again and again until `signal` is aborted. Waits with exponential back-off and full jitter, so that a thousand edges do not come back
 * in the same second, and at least as long as the other side asked for. Never throws.
 */
export async function keepConnected(options: KeepConnectedOptions): Promise<void> {
  const { signal } = options
  let failures = 0
  while (!signal.aborted) {
    let fault: unknown
    try {
      await options.connect(() => {
        failures = 0
      }, signal)
    } catch (error) {
      fault = error
    }
    if (signal.aborted) return
    const ceilingMs = Math.min(options.maxMs, options.baseMs * 2 ** Math.min(failures, 30))
    const askedMs = fault instanceof ControlLinkError ? fault.retryAfterMs : 0
    const delayMs = askedMs + Math.round(options.random() * ceilingMs)
    failures += 1
    options.onEnd(fault, delayMs)
    await wait(options.timers, delayMs, signal)
  }
}
