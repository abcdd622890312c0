import { Worker } from 'node:worker_threads'
import type { Timers } from '../../time/timers.ts'
import type { HaproxyHost, HostAnswer, HostData } from './haproxy-host.ts'

/** Far longer than a million users take. */
const SILENCE_MS = 120_000

export interface ThreadedHaproxyParts {
  readonly timers: Timers
  /** Starts the thread; tests end it. */
  readonly startThread?: (data: HostData) => Worker
}

/**
 * `createHaproxyHost` on a thread of its own, so that no request of another proxy waits while lists become entries of maps. If the thread dies it is started
 * again with what holds then, and HAProxy goes on by what it was told.
 * @param makeData what holds now
 */
export function createThreadedHaproxy(
  makeData: () => HostData,
  { timers, startThread = startKeeper }: ThreadedHaproxyParts,
): HaproxyHost {
  let thread: Worker | undefined

  return {
    async pass(order) {
      const { promise, resolve } = Promise.withResolvers<HostAnswer | string>()
      const isNew = thread === undefined
      const keeper = thread ?? startThread(makeData())
      thread = keeper
      let reason = 'it ended'
      const onError = (error: unknown): void => {
        reason = error instanceof Error ? error.message : String(error)
      }
      const onExit = (): void => resolve(reason)
      keeper.once('message', resolve).once('error', onError).once('exit', onExit)
      const limit = timers.after(SILENCE_MS, () => resolve('it did not come to an end'))
      keeper.postMessage(isNew ? { ...order, flags: [] } : order)
      const answer = await promise
      limit[Symbol.dispose]()
      keeper.off('message', resolve).off('error', onError).off('exit', onExit)
      if (typeof answer !== 'string') return answer
      thread = undefined
      void keeper.terminate()
      const message = `The thread that keeps the maps of HAProxy has ended: ${answer}; what they hold goes on, and it is started again`
      return { fault: { code: 'GATE_HAPROXY_AWAY', message }, users: [], uses: [], decisions: [] }
    },
    async [Symbol.asyncDispose]() {
      await thread?.terminate()
    },
  }
}

function startKeeper(data: HostData): Worker {
  const thread = new Worker(new URL('./main.ts', import.meta.url), { workerData: data, name: 'haproxy' })
  thread.unref()
  return thread
}
