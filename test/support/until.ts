import { setTimeout as pause } from 'node:timers/promises'

export interface UntilOptions {
  /** Gives up after this long; 60,000 if not given. Generous on purpose: it decides nothing but how long a failure takes. */
  readonly deadlineMs?: number
  /** Looks this often; 50 if not given. */
  readonly everyMs?: number
  readonly signal?: AbortSignal
}

/**
 * Waits for a state: asks `find` until it gives something, and gives that. A throw of `find` counts as "not yet" and is the cause when time runs out.
 * @throws Error that names `what`, with the last cause
 */
export async function until<T>(
  what: string,
  find: () => Promise<T | undefined> | T | undefined,
  options: UntilOptions = {},
): Promise<T> {
  const deadline = performance.now() + (options.deadlineMs ?? 60_000)
  let cause: unknown
  for (;;) {
    options.signal?.throwIfAborted()
    try {
      const found = await find()
      if (found !== undefined) return found
      cause = undefined
    } catch (error) {
      cause = error
    }
    if (performance.now() > deadline) throw new Error(`Waited in vain: ${what}`, cause === undefined ? {} : { cause })
    await pause(options.everyMs ?? 50)
  }
}
