import { Worker } from 'node:worker_threads'
import type { Registrations } from '../../../rules/detect/registered-facility.ts'
import type { Clock } from '../../../rules/time/clock.ts'
import type { Log } from '../../log/log.ts'
import { type Timers, wait } from '../../time/timers.ts'
import { createFaultList } from '../fault-list.ts'
import type { SeenAccount } from '../tally-maker.ts'
import { createTallyRing } from '../tally-ring.ts'
import type { Watch } from '../watch.ts'
import { WatchError } from '../watch-error.ts'
import type { WatchMemory } from '../watch-memory.ts'
import type { WatchOptions } from '../watch-options.ts'
import type { WatchStatus } from '../watch-status.ts'
import { createFlagMirror } from './flag-mirror.ts'
import { type AccountQuestion, STOP, type ThreadData, type ThreadMessage } from './messages.ts'
import { createNewsTaker } from './thread-news.ts'

/** A thread that says nothing for so long hangs, and is ended. */
const SILENCE_MS = 60_000
/** So long a thread may take to remember where it was. */
const STOP_MS = 10_000
const FIRST_PAUSE_MS = 250
const MAX_PAUSE_MS = 30_000
/** Questions that may wait for the thread; more are answered with nothing. */
const MAX_QUESTIONS = 16
/** A thread that has worked for so long is well again. */
const WELL_MS = 10_000

export interface ThreadedWatchPorts {
  readonly memory: Pick<WatchMemory, 'readFlags'>
  readonly key: Uint8Array
  readonly registrations: Registrations | undefined
  readonly tallies?: { readonly edge: string; readonly key: Uint8Array }
  readonly clock: Clock
  readonly monotonicMs: () => number
  readonly timers: Timers
  readonly log: Log
  /** Starts the thread; tests look at it and end it. */
  readonly startThread?: (data: ThreadData) => Worker
}

/**
 * `createWatch` on a thread of its own, so that whatever else this process answers never waits for a log. The thread reads the logs itself:
 * it takes no more than it can count, and no bytes go between threads. If it dies it is started again where it had saved; the flags stay.
 */
export async function createThreadedWatch(options: WatchOptions, ports: ThreadedWatchPorts): Promise<Watch> {
  const { memory, key, registrations, clock, monotonicMs, timers, log, tallies, startThread = startWatchThread } = ports
  const startedAt = new Date(clock.nowMs()).toISOString()
  const faults = createFaultList(clock, log)
  // Here and not in the thread alone: whoever asks for the flags before it has begun must not be told that there are none.
  const flags = createFlagMirror(await memory.readFlags((fault) => faults.note('flags', fault)))
  const ring = createTallyRing()
  const questions = new Map<number, (accounts: readonly SeenAccount[]) => void>()
  let asked = 0
  let ask: ((question: AccountQuestion) => void) | undefined
  let status = emptyStatus(startedAt)

  const news = createNewsTaker((message) => take(message))

  function take(message: ThreadMessage): void {
    if (message.kind === 'news') {
      news.take(message.texts)
      return
    }
    // A thread that has just begun, or ended, knows all that was told before.
    if (message.kind === 'started' || message.kind === 'stopped') news.drain()
    if (message.kind === 'log') log[message.level](message.facts, message.message)
    else if (message.kind === 'flag') flags.take(message.flag)
    else if (message.kind === 'tally') ring.add(message.tally)
    else if (message.kind === 'accounts') {
      questions.get(message.question)?.(message.accounts)
      questions.delete(message.question)
    } else status = message.status
    if (message.kind === 'started') flags.begin(message.flags)
  }

  /** Runs one thread to its end; `undefined` if it stopped as it was told. */
  function runThread(signal: AbortSignal): Promise<WatchError | undefined> {
    const startMs = monotonicMs()
    const thread = startThread({
      options,
      key,
      registrations,
      flags: flags.live(),
      ...(tallies === undefined ? {} : { tallies }),
    })
    ask = (question) => thread.postMessage(question)
    const { promise, resolve } = Promise.withResolvers<WatchError | undefined>()
    let reason: string | undefined
    let hasStopped = false
    let limit = timers.after(SILENCE_MS, () => end('it said nothing for a minute'))

    function end(why: string): void {
      reason ??= why
      void thread.terminate()
    }
    function stop(): void {
      limit[Symbol.dispose]()
      limit = timers.after(STOP_MS, () => end('it did not stop'))
      thread.postMessage(STOP)
    }
    thread.on('message', (message: ThreadMessage) => {
      take(message)
      hasStopped ||= message.kind === 'stopped'
      if (signal.aborted) return
      limit[Symbol.dispose]()
      limit = timers.after(SILENCE_MS, () => end('it said nothing for a minute'))
      if (monotonicMs() - startMs >= WELL_MS) faults.set('thread', undefined)
    })
    thread.on('error', (error) => {
      reason ??= error instanceof Error ? error.message : String(error)
    })
    thread.once('exit', (code) => {
      ask = undefined
      news.drain()
      for (const answer of questions.values()) answer([])
      questions.clear()
      limit[Symbol.dispose]()
      signal.removeEventListener('abort', stop)
      resolve(hasStopped ? undefined : threadFailed(reason ?? `it ended with ${code}`))
    })
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop)
    return promise
  }

  return {
    flags,
    tallies: ring,
    findAccounts(tokens) {
      const { promise, resolve } = Promise.withResolvers<readonly SeenAccount[]>()
      if (ask === undefined || questions.size >= MAX_QUESTIONS) resolve([])
      else {
        questions.set(++asked, resolve)
        ask({ question: asked, tokens })
      }
      return promise
    },
    status: () => ({
      ...status,
      startedAt,
      flags: { live: flags.live().length, listeners: flags.listeners },
      faults: [...status.faults, ...faults.all()],
    }),
    async run(signal) {
      let pauseMs = FIRST_PAUSE_MS
      while (!signal.aborted) {
        const startMs = monotonicMs()
        const failed = await runThread(signal)
        if (failed === undefined || signal.aborted) return
        faults.set('thread', failed)
        status = { ...status, isReady: false }
        pauseMs = monotonicMs() - startMs >= WELL_MS ? FIRST_PAUSE_MS : Math.min(MAX_PAUSE_MS, pauseMs * 2)
        await wait(timers, pauseMs, signal)
      }
    },
  }
}

function startWatchThread(data: ThreadData): Worker {
  return new Worker(new URL('./main.ts', import.meta.url), { workerData: data, name: 'watch' })
}

function threadFailed(reason: string): WatchError {
  return new WatchError(
    'THREAD_FAILED',
    `The thread that reads the logs failed: ${reason}; it is started again where it had saved its place`,
  )
}

function emptyStatus(startedAt: string): WatchStatus {
  return {
    startedAt,
    isReady: false,
    logs: [],
    accounts: { held: 0, evicted: 0, late: 0, top: [] },
    flags: { live: 0, listeners: 0 },
    shadows: [],
    faults: [],
  }
}
