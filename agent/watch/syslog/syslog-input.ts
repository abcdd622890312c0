import { Worker } from 'node:worker_threads'
import { findSyslogContent } from '../../../rules/requests/find-syslog-content.ts'
import type { FollowState } from '../follow-log.ts'
import type { LogIntake } from '../log-intake.ts'
import { WatchError } from '../watch-error.ts'
import type { WatchedSocket } from '../watch-options.ts'
import type { FollowedLog } from '../watched-log.ts'
import { COUNTS, createCounts, LENGTH_BYTES, type ReceiverData, type ReceiverMessage } from './messages.ts'

/** Bytes read in one poll, so that one log's backlog does not keep the others waiting. */
const MAX_POLL_BYTES = 4 * 1024 * 1024
/** A socket that cannot be listened on is tried again so often. */
const RETRY_MS = 5000
const MAX_WAITING_BYTES = 64 * 1024 * 1024

export interface SyslogInputOptions {
  readonly watched: WatchedSocket
  readonly intake: LogIntake
  readonly monotonicMs: () => number
  /** Called when there is something to poll for. */
  readonly onArrival: () => void
  readonly maxWaitingBytes?: number
}

/**
 * A log that comes as syslog messages to a unix socket, one line a message. A thread of its own takes them off the socket. What is waiting when
 * this process ends is lost, and so is what is sent while it is away: prefer files where a line must not be lost.
 */
export function openSyslogInput(options: SyslogInputOptions): FollowedLog {
  const { watched, intake, monotonicMs, onArrival, maxWaitingBytes = MAX_WAITING_BYTES } = options
  const shared = createCounts()
  const counts = new BigInt64Array(shared)
  const waiting: Uint8Array[] = []
  const content = { start: 0, end: 0 }
  let receiver: Worker | undefined
  let startedMs = Number.NEGATIVE_INFINITY
  let isListening = false
  let readBytes = 0
  let fault: WatchError | undefined

  function start(): void {
    startedMs = monotonicMs()
    const mode = Number.parseInt(watched.mode ?? '0660', 8)
    const data: ReceiverData = { path: watched.socket, mode, maxWaitingBytes, counts: shared }
    const thread = new Worker(new URL('./main.ts', import.meta.url), { workerData: data, name: 'syslog' })
    thread.on('message', (message: ReceiverMessage) => {
      if (message.kind === 'batch') waiting.push(message.bytes)
      else {
        isListening = true
        fault = undefined
      }
      onArrival()
    })
    thread.on('error', (error) => {
      const reason = error instanceof Error ? error.message : String(error)
      fault = new WatchError('SYSLOG_UNUSABLE', `Cannot listen for syslog on ${JSON.stringify(watched.socket)}: ${reason}`)
    })
    thread.once('exit', () => {
      isListening = false
      receiver = undefined
    })
    receiver = thread
  }

  function readBatch(batch: Uint8Array): void {
    const bytes = Buffer.from(batch.buffer, batch.byteOffset, batch.byteLength)
    for (let at = 0; at < bytes.length; ) {
      const from = at + LENGTH_BYTES
      at = from + bytes.readUInt32LE(at)
      findSyslogContent(bytes, from, at, content)
      intake.takeLine(bytes, content.start, content.end)
    }
    readBytes += bytes.length
    Atomics.sub(counts, COUNTS.waitingBytes, BigInt(bytes.length))
  }

  return {
    log: { ...watched, path: watched.socket },
    counts: intake.counts,
    get state(): FollowState {
      return {
        isThere: isListening,
        readBytes,
        behindBytes: Number(Atomics.load(counts, COUNTS.waitingBytes)),
        lostBytes: Number(Atomics.load(counts, COUNTS.droppedBytes)),
        losses: Number(Atomics.load(counts, COUNTS.droppedMessages)),
        rotations: 0,
        truncations: 0,
      }
    },
    get isCaughtUp() {
      return isListening
    },
    get fault() {
      return fault
    },
    poll() {
      if (receiver === undefined && monotonicMs() - startedMs >= RETRY_MS) start()
      for (let taken = 0; taken < MAX_POLL_BYTES; ) {
        const batch = waiting.shift()
        if (batch === undefined) return Promise.resolve(false)
        taken += batch.length
        readBatch(batch)
      }
      return Promise.resolve(waiting.length > 0)
    },
    place: () => undefined,
    async [Symbol.asyncDispose]() {
      await receiver?.terminate()
    },
  }
}
