import { close, readSync, write, writeSync } from 'node:fs'
import { getSystemErrorName } from 'node:util'
import type { NftBatch } from '../../rules/firewall/nft-messages.ts'
import { createQueue } from '../process/create-queue.ts'
import { NetlinkError } from './netlink-error.ts'
import type { OpenNetlink } from './open-netlink.ts'

/** The kernel's nf_tables, spoken to without a program. One call after another; none holds the event loop up. */
export interface NetlinkChannel extends Disposable {
  /** Puts a transaction in force, or has it only judged. @throws NetlinkError; UNANSWERED where it may be in force */
  send(batch: NftBatch, options?: SendOptions): Promise<void>
  /** The number of the ruleset of this network namespace; each transaction of anybody's counts it up by one. @throws NetlinkError */
  generation(): Promise<number>
}

export interface SendOptions {
  readonly isJudgedOnly?: boolean
  /** As of `NetlinkChannelOptions`, for this one. */
  readonly timeoutMs?: number
}

const GET_GENERATION = 0x0a10
const NEW_GENERATION = 0x0a0f
const ERROR = 2
const HEAD_BYTES = 16
const NF_HEAD_BYTES = 20
const GENERATION_ID = 1
const READ_BYTES = 64 * 1024
/** A kernel that loads somebody's million elements makes a change wait for seconds. */
const TIMEOUT_MS = 30_000

export interface NetlinkChannelOptions {
  /** How long a transaction may take; 30,000 if not given. Afterwards nobody knows whether it is or will be in force, and the channel takes no other. */
  readonly timeoutMs?: number
}

interface Answer {
  readonly type: number
  readonly sequence: number
  /** Behind the head. */
  readonly body: DataView
}

/**
 * Over the socket that `open` gives. A batch is written on a thread of Node's pool: a kernel that is busy with somebody's million elements lets the change wait, not
 * the agent. What the kernel answers lies in the socket once the write has ended, and its number waits for nobody (`NFNL_CB_RCU`), so both are had at once: on a busy
 * machine each change of threads costs more than the change of the rules.
 * @throws NetlinkError NO_SOCKET
 */
export function openNetlinkChannel(open: OpenNetlink, { timeoutMs = TIMEOUT_MS }: NetlinkChannelOptions = {}): NetlinkChannel {
  const fd = open('changes')
  const queue = createQueue()
  const input = Buffer.alloc(READ_BYTES)
  let sequence = 0
  /** Ends once no write is under way: until then the descriptor must not be given to anything else. */
  let writing: Promise<unknown> = Promise.resolve()
  let isLate = false

  const writeInTime = async (messages: Uint8Array, limitMs: number): Promise<void> => {
    if (isLate) throw new NetlinkError('NOT_SENT', 'Cannot write to the netlink socket: a transaction before is not through yet')
    const written = writeAll(fd, messages)
    writing = written.catch(() => undefined)
    const late = Promise.withResolvers<never>()
    const timer = setTimeout(() => {
      isLate = true
      late.reject(new NetlinkError('UNANSWERED', `The kernel did not take the transaction within ${limitMs} ms`))
    }, limitMs)
    try {
      await Promise.race([written, late.promise])
    } finally {
      clearTimeout(timer)
    }
  }

  /** Gives the number that those of `messages` count from. */
  const number = (messages: Uint8Array): number => {
    const base = sequence
    sequence += renumber(messages, base)
    return base
  }

  /** Reads answers, which are all there, until `isLast`. */
  const readAnswers = (isLast: (answer: Answer) => boolean): void => {
    try {
      for (;;) for (const answer of answersIn(input, readSync(fd, input))) if (isLast(answer)) return
    } catch (error) {
      if (error instanceof NetlinkError) throw error
      throw socketError('UNANSWERED', 'Cannot read from the netlink socket', error)
    }
  }

  const askGeneration = (): number => {
    const request = generationRequest()
    const base = number(request)
    try {
      writeSync(fd, request)
    } catch (error) {
      throw socketError('NOT_SENT', 'Cannot write to the netlink socket', error)
    }
    let found = 0
    readAnswers(({ type, sequence: of, body }) => {
      if (of !== base + 1) return false
      if (type === ERROR)
        throw new NetlinkError('REFUSED', 'The kernel does not tell its generation', {
          reason: getSystemErrorName(body.getInt32(0, true)),
        })
      if (type === NEW_GENERATION) found = findU32(body, GENERATION_ID)
      return true
    })
    return found
  }

  return {
    send: ({ bytes, judged, answered }, { isJudgedOnly = false, timeoutMs: limitMs = timeoutMs } = {}) =>
      queue(async () => {
        const messages = isJudgedOnly ? judged : bytes
        const base = number(messages)
        await writeInTime(messages, limitMs)
        readAnswers(({ type, sequence: of, body }) => {
          if (type !== ERROR || of <= base) return false
          const failure = body.getInt32(0, true)
          if (failure === 0) return of === base + answered
          const reason = getSystemErrorName(failure)
          throw new NetlinkError('REFUSED', `The kernel says ${reason} to message ${of - base}`, { reason })
        })
      }),
    generation: () => queue(async () => askGeneration()),
    [Symbol.dispose]() {
      void writing.then(() => close(fd))
    },
  }
}

function generationRequest(): Uint8Array {
  const request = new DataView(new ArrayBuffer(NF_HEAD_BYTES))
  request.setUint32(0, NF_HEAD_BYTES, true)
  request.setUint16(4, GET_GENERATION, true)
  request.setUint16(6, 1, true)
  request.setUint32(8, 1, true)
  return new Uint8Array(request.buffer)
}

/** Numbers the messages from the one after `base` on, where they lie: a list may be many megabytes. Gives how many there are. */
function renumber(messages: Uint8Array, base: number): number {
  const view = new DataView(messages.buffer, messages.byteOffset, messages.length)
  let count = 0
  for (let at = 0; at < messages.length; at += align(view.getUint32(at, true))) {
    count += 1
    view.setUint32(at + 8, base + count, true)
  }
  return count
}

function* answersIn(input: Buffer, length: number): Generator<Answer> {
  const view = new DataView(input.buffer, input.byteOffset, length)
  for (let at = 0; at + HEAD_BYTES <= length; ) {
    const bytes = view.getUint32(at, true)
    if (bytes < HEAD_BYTES || at + bytes > length) return
    const body = new DataView(input.buffer, input.byteOffset + at + HEAD_BYTES, bytes - HEAD_BYTES)
    yield { type: view.getUint16(at + 4, true), sequence: view.getUint32(at + 8, true), body }
    at += align(bytes)
  }
}

/** An attribute of 32 bits behind nfnetlink's head; 0 where there is none. */
function findU32(body: DataView, wanted: number): number {
  for (let at = 4; at + 8 <= body.byteLength; at += Math.max(4, align(body.getUint16(at, true))))
    if (body.getUint16(at + 2, true) === wanted) return body.getUint32(at + 4)
  return 0
}

function align(bytes: number): number {
  return (bytes + 3) & ~3
}

/** A datagram goes whole or not at all. */
function writeAll(fd: number, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    write(fd, bytes, (error) =>
      error === null ? resolve() : reject(socketError('NOT_SENT', 'Cannot write to the netlink socket', error)),
    )
  })
}

function socketError(code: 'NOT_SENT' | 'UNANSWERED', words: string, cause: unknown): NetlinkError {
  const reason = (cause as { code?: string }).code ?? String(cause)
  return new NetlinkError(code, `${words}: ${reason}`, { reason, cause })
}
