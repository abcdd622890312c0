/** What the receiving thread is given. */
export interface ReceiverData {
  readonly path: string
  readonly mode: number
  /** What the reading thread may be behind. Beyond it messages are dropped and counted: a sender must never wait for us. */
  readonly maxWaitingBytes: number
  /** `COUNTS`, shared with the thread that reads the messages. */
  readonly counts: SharedArrayBuffer
}

/** Places in the shared counts. */
export const COUNTS = {
  /** Bytes handed on and not read yet. */
  waitingBytes: 0,
  droppedMessages: 1,
  droppedBytes: 2,
} as const

export function createCounts(): SharedArrayBuffer {
  return new SharedArrayBuffer(Object.keys(COUNTS).length * BigInt64Array.BYTES_PER_ELEMENT)
}

/** What it says: it listens; or messages, each behind its length (32 bits, little end first). The buffer changes hands. */
export type ReceiverMessage = { readonly kind: 'listening' } | { readonly kind: 'batch'; readonly bytes: Uint8Array<ArrayBuffer> }

/** Before each message of a batch. */
export const LENGTH_BYTES = 4
