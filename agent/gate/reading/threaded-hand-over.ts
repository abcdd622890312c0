import { Worker } from 'node:worker_threads'
import type { Grant } from '../../../rules/grants/grant-life.ts'
import { openUsers } from '../../../rules/users/users-document.ts'
import type { Timers } from '../../time/timers.ts'
import type { ChangedEntries } from '../changed-entries.ts'
import { EdgeGateError } from '../edge-gate-error.ts'
import type { HandedOver, HandOverTaker, TokenStanding, Versions } from '../handed-over.ts'
import type { ReaderData, ReaderMessage, ReaderOrder } from './messages.ts'

/** Far longer than the largest documents take. */
const SILENCE_MS = 60_000

export interface ThreadedHandOverParts {
  readonly timers: Timers
  /** Starts the thread; tests end it. */
  readonly startThread?: (data: ReaderData) => Worker
}

/**
 * `createHandedOver` on a thread of its own, so that no request waits while a document is read: a million users, or the addresses of all facilities, take seconds. What is long
 * comes in memory that both threads share, or as what has changed, a little at a time. If the thread dies it is started again, and what was taken holds.
 */
export function createThreadedHandOver(
  folder: string,
  taken: Versions,
  taker: HandOverTaker,
  { timers, startThread = startReader }: ThreadedHandOverParts,
): HandedOver {
  let versions = taken
  let thread: Worker | undefined
  const grants = gatherWhole<Grant>((changed, publishedAt) => taker.grants(changed, publishedAt))
  const verdicts = gatherWhole<TokenStanding>((changed, publishedAt) => taker.verdicts(changed, publishedAt))

  /** False where the thread has said all. */
  function take(message: ReaderMessage): boolean {
    if (message.kind === 'policy') taker.policy(message.document)
    else if (message.kind === 'users') taker.users(openUsers(message.bytes), message.bytes)
    else if (message.kind === 'grants') grants(message)
    else if (message.kind === 'verdicts') verdicts(message)
    else if (message.kind === 'facilities') taker.facilities(message.places)
    else if (message.kind === 'keys') taker.keys(message.keys)
    else if (message.kind === 'fault')
      taker.fault(message.file, message.fault && new EdgeGateError(message.fault.code, message.fault.message))
    else {
      versions = message.versions
      return false
    }
    return true
  }

  function start(): Worker {
    const reader = startThread({ folder, versions })
    let reason: string | undefined
    reader.on('message', (message: ReaderMessage) => hear?.(message))
    reader.on('error', (error: unknown) => {
      reason = error instanceof Error ? error.message : String(error)
    })
    reader.once('exit', (code) => {
      if (thread === reader) thread = undefined
      fail?.(reason ?? `it ended with ${code}`)
    })
    return reader
  }

  /** What the thread says, and that it has ended, to the look that is under way. */
  let hear: ((message: ReaderMessage) => void) | undefined
  let fail: ((reason: string) => void) | undefined

  async function lookOnce(): Promise<void> {
    const reader = thread ?? start()
    thread = reader
    const { promise, resolve } = Promise.withResolvers<string | undefined>()
    const limit = timers.after(SILENCE_MS, () => resolve('it did not come to an end'))
    const order = (text: ReaderOrder): void => reader.postMessage(text)
    fail = resolve
    hear = (message) => {
      if (take(message)) order('next')
      else resolve(undefined)
    }
    order('look')
    const reason = await promise
    hear = undefined
    fail = undefined
    limit[Symbol.dispose]()
    if (reason === undefined) {
      taker.fault('reading', undefined)
      return
    }
    thread = undefined
    void reader.terminate()
    const words = `The thread that reads ${JSON.stringify(folder)} has ended: ${reason}; what was taken holds, and it is started again`
    taker.fault('reading', new EdgeGateError('GATE_READER_FAILED', words))
  }

  return {
    look: lookOnce,
    versions: () => versions,
    async [Symbol.asyncDispose]() {
      await thread?.terminate()
    },
  }
}

/** A whole list is told when all of it is there: who is not on it is gone. Changes are told as they come. */
function gatherWhole<E>(
  tell: (changed: ChangedEntries<E>, publishedAt: string) => void,
): (piece: ChangedEntries<E> & { readonly isLast: boolean; readonly publishedAt: string }) => void {
  let gathered: E[] = []
  return ({ isWhole, isLast, set, gone, publishedAt }) => {
    if (!isWhole) {
      tell({ isWhole, set, gone }, publishedAt)
      return
    }
    gathered.push(...set)
    if (!isLast) return
    tell({ isWhole, set: gathered, gone: [] }, publishedAt)
    gathered = []
  }
}

function startReader(data: ReaderData): Worker {
  const thread = new Worker(new URL('./main.ts', import.meta.url), { workerData: data, name: 'gate' })
  thread.unref()
  return thread
}
