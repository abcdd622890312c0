import { Worker } from 'node:worker_threads'
import { createExemptions, type GatheredExemptions } from '../../../rules/gate/exemptions.ts'
import type { PolicyDocument } from '../../../rules/gate/policy-document.ts'
import type { GateExemption } from '../../../rules/gate/policy-options.ts'
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
  const policies = gatherPolicies((document, exemptions) => taker.policy(document, exemptions))
  const verdicts = gatherWhole<TokenStanding>((changed, publishedAt) => taker.verdicts(changed, publishedAt))

  /** False where the thread has said all. */
  function take(message: ReaderMessage): boolean {
    if (message.kind === 'policy') policies.begin(message.document)
    else if (message.kind === 'exemptions') policies.add(message.exemptions, message.isLast)
    else if (message.kind === 'users') taker.users(openUsers(message.bytes), message.bytes)
    else if (message.kind === 'grants') taker.grants(message, message.publishedAt)
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
      // In the next turn: pieces that come fast enough are all taken in one (MessagePort), and questions wait meanwhile.
      if (take(message)) setImmediate(order, 'next')
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

/** A policy is told when its last exemptions have come, and those before are taken in as they come. */
function gatherPolicies(tell: (document: PolicyDocument, exemptions: GatheredExemptions) => void) {
  let begun: { readonly document: PolicyDocument; readonly all: GateExemption[]; readonly made: GatheredExemptions } | undefined
  return {
    begin(document: PolicyDocument): void {
      begun = { document, all: [], made: createExemptions([]) }
    },
    add(exemptions: readonly GateExemption[], isLast: boolean): void {
      if (begun === undefined) return
      const { document, all, made } = begun
      all.push(...exemptions)
      made.add(exemptions)
      if (!isLast) return
      begun = undefined
      tell({ ...document, policy: { ...document.policy, exemptions: all } }, made)
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
