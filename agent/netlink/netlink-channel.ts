import { close, read, write } from 'node:fs'
import { getSystemErrorName } from 'node:util'
import type { NftBatch } from '../../rules/firewall/nft-messages.ts'
import { createQueue } from '../process/create-queue.ts'
import { NetlinkError } from './netlink-error.ts'
import type { OpenNetlink } from './open-netlink.ts'

/** The kernel's nf_tables, spoken to without a program. One call after another; none holds the event loop up. */
export interface NetlinkChannel extends Disposable {
  /** Puts a transaction in force, or has it only judged. @throws NetlinkError; UNANSWERED where it may be in force */
  send(batch: NftBatch, options?: { readonly isJudgedOnly?: boolean }): Promise<void>
  /** The number of the ruleset of this network namespace; each transaction of anybody's counts it up by one. @throws NetlinkError */
  generation(): Promise<number>
}

const GET_GENERATION = 0x0a10
const NEW_GENERATION = 0x0a0f
const ERROR = 2
const HEAD_BYTES = 16
const NF_HEAD_BYTES = 20
const GENERATION_ID = 1
const READ_BYTES = 64 * 1024

interface Answer {
  readonly type: number
  readonly sequence: number
  /** Behind the head. */
  readonly body: DataView
}

/**
 * Over the socket that `open` gives. Its reads and writes are Node's own, on threads of its pool: a kernel that is busy with somebody's million elements lets the
 * change wait, not the agent. What the kernel answers is there once the write has ended.
 * @throws NetlinkError NO_SOCKET
 */
export function openNetlinkChannel(open: OpenNetlink): NetlinkChannel {
  const fd = open()
  const queue = createQueue()
  const input = Buffer.alloc(READ_BYTES)
  let sequence = 0

  /** Hands over `messages`, numbered on from those before, and reads answers until `isLast`. */
  const ask = async (messages: Uint8Array, isLast: (answer: Answer, base: number) => boolean): Promise<void> => {
    const base = sequence
    sequence += renumber(messages, base)
    try {
      await writeAll(fd, messages)
    } catch (error) {
      throw new NetlinkError('NOT_SENT', `Cannot write to the netlink socket: ${wordsOf(error)}`, {
        reason: wordsOf(error),
        cause: error,
      })
    }
    try {
      for (;;) for (const answer of answersIn(input, await readSome(fd, input))) if (isLast(answer, base)) return
    } catch (error) {
      if (error instanceof NetlinkError) throw error
      throw new NetlinkError('UNANSWERED', `Cannot read from the netlink socket: ${wordsOf(error)}`, {
        reason: wordsOf(error),
        cause: error,
      })
    }
  }

  return {
    send: ({ bytes, judged, answered }, { isJudgedOnly = false } = {}) =>
      queue(() =>
        ask(Uint8Array.from(isJudgedOnly ? judged : bytes), ({ type, sequence: of, body }, base) => {
          if (type !== ERROR || of <= base) return false
          const failure = body.getInt32(0, true)
          if (failure === 0) return of === base + answered
          const reason = getSystemErrorName(failure)
          throw new NetlinkError('REFUSED', `The kernel says ${reason} to message ${of - base}`, { reason })
        }),
      ),
    generation: () =>
      queue(async () => {
        let found = 0
        await ask(generationRequest(), ({ type, sequence: of, body }, base) => {
          if (of !== base + 1) return false
          if (type === ERROR)
            throw new NetlinkError('REFUSED', 'The kernel does not tell its generation', {
              reason: getSystemErrorName(body.getInt32(0, true)),
            })
          if (type === NEW_GENERATION) found = findU32(body, GENERATION_ID)
          return true
        })
        return found
      }),
    [Symbol.dispose]() {
      close(fd)
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

/** Counts `base` to the number of each message; gives how many there are. */
function renumber(messages: Uint8Array, base: number): number {
  const view = new DataView(messages.buffer, messages.byteOffset, messages.length)
  let count = 0
  for (let at = 0; at < messages.length; at += align(view.getUint32(at, true))) {
    view.setUint32(at + 8, view.getUint32(at + 8, true) + base, true)
    count += 1
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

function writeAll(fd: number, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    write(fd, bytes, (error) => (error === null ? resolve() : reject(error)))
  })
}

function readSome(fd: number, into: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    read(fd, into, 0, into.length, null, (error, count) => (error === null ? resolve(count) : reject(error)))
  })
}

function wordsOf(error: unknown): string {
  return (error as { code?: string }).code ?? String(error)
}
