import { parentPort, workerData } from 'node:worker_threads'
import { openDatagramSocket } from './datagram-socket.ts'
import { COUNTS, LENGTH_BYTES, type ReceiverData, type ReceiverMessage } from './messages.ts'

/** The longest datagram that Linux lets a sender send without being told to (net.core.wmem_default). */
const MAX_MESSAGE_BYTES = 212_992
const BATCH_BYTES = 2 * MAX_MESSAGE_BYTES
const WAIT_MS = 1000

/** Takes messages off the socket as fast as they come: the kernel holds but a few (net.unix.max_dgram_qlen), and a proxy drops what it cannot send. */
function main({ path, mode, maxWaitingBytes, counts: shared }: ReceiverData): void {
  const say = (message: ReceiverMessage, transfer: ArrayBuffer[] = []): void => parentPort?.postMessage(message, transfer)
  const counts = new BigInt64Array(shared)
  const socket = openDatagramSocket(path, mode)
  const batch = Buffer.alloc(BATCH_BYTES)
  say({ kind: 'listening' })
  for (;;) {
    if (!socket.wait(WAIT_MS)) continue
    let used = 0
    while (used + LENGTH_BYTES + MAX_MESSAGE_BYTES <= batch.length) {
      const length = socket.receive(batch, used + LENGTH_BYTES)
      if (length < 0) break
      const isDropped = length > MAX_MESSAGE_BYTES || Atomics.load(counts, COUNTS.waitingBytes) > maxWaitingBytes
      if (isDropped) {
        Atomics.add(counts, COUNTS.droppedMessages, 1n)
        Atomics.add(counts, COUNTS.droppedBytes, BigInt(length))
        continue
      }
      batch.writeUInt32LE(length, used)
      used += LENGTH_BYTES + length
    }
    if (used === 0) continue
    const bytes = new Uint8Array(batch.subarray(0, used))
    Atomics.add(counts, COUNTS.waitingBytes, BigInt(used))
    say({ kind: 'batch', bytes }, [bytes.buffer])
  }
}

main(workerData as ReceiverData)
