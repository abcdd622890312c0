import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { createHistogram } from 'node:perf_hooks'

/** What a run is told, as JSON in its only argument. */
export interface ConstantRate {
  /** Port on loopback, or path of a unix socket. */
  readonly target: number | string
  readonly connections: number
  readonly perS: number
  readonly seconds: number
  /** A file of requests, one behind another, without bodies: sent in turn. */
  readonly requests: string
}

/** What it says on standard output. */
export interface ConstantRateFigures {
  readonly requests: number
  readonly failed: number
  /** Requests for which no connection was free when they were due. */
  readonly late: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly p999Ms: number
  readonly maxMs: number
}

const END = Buffer.from('\r\n\r\n')
const NS_IN_MS = 1e6
/** What nobody ever changes: to sleep on, without a timer. */
const NOTHING = new Int32Array(new SharedArrayBuffer(4))

/** Sends requests when they are due, whether those before are answered or not, over kept connections; a wait counts from when its request was due or, if that was later, when this process came to it. */
async function main({ target, connections, perS, seconds, requests }: ConstantRate): Promise<void> {
  const all = splitRequests(readFileSync(requests))
  const histogram = createHistogram()
  const free: Connection[] = []
  let [sent, answered, failed, late] = [0, 0, 0, 0]

  interface Connection {
    readonly socket: Socket
    dueMs: number
    /** Bytes of the body that are still to come. */
    left: number
  }

  function take(connection: Connection, chunk: Buffer): void {
    if (connection.left > 0) connection.left -= chunk.length
    else {
      const end = chunk.indexOf(END)
      const head = chunk.toString('latin1', 0, end)
      const length = /\r\nContent-Length: (\d+)/i.exec(head)?.[1] ?? '0'
      if (end < 0 || !/^HTTP\/1\.1 (?:20[04]|40[13])/.test(head)) failed += 1
      connection.left = end < 0 ? 0 : Number(length) - (chunk.length - end - END.length)
    }
    if (connection.left > 0) return
    histogram.record(Math.max(1, Math.round((performance.now() - connection.dueMs) * NS_IN_MS)))
    answered += 1
    free.push(connection)
  }

  for (let at = 0; at < connections; at += 1) {
    const socket = typeof target === 'number' ? connect(target, '127.0.0.1') : connect(target)
    await once(socket, 'connect')
    socket.setNoDelay(true)
    const connection: Connection = { socket, dueMs: 0, left: 0 }
    socket.on('data', (chunk: Buffer) => take(connection, chunk))
    free.push(connection)
  }
  const startMs = performance.now()
  const due = (nowMs: number): number => Math.floor(((nowMs - startMs) * perS) / 1000)
  const dueAtMs = (request: number): number => startMs + (request * 1000) / perS
  // What is missed because this process had no turn is not made up for: a burst would measure itself.
  let missed = 0
  for (let nowMs = startMs; nowMs - startMs < seconds * 1000; nowMs = performance.now()) {
    const dueNow = due(nowMs) - missed
    if (dueNow - sent > connections / 4) missed += dueNow - sent - Math.ceil(perS / 1000)
    while (sent < due(nowMs) - missed) {
      const connection = free.shift()
      if (connection === undefined) {
        late += 1
        missed += 1
        continue
      }
      connection.dueMs = performance.now()
      connection.socket.write(all[sent % all.length] as Buffer)
      sent += 1
    }
    // Timers of Node go by milliseconds: eight requests would come at once, and wait for each other.
    Atomics.wait(NOTHING, 0, 0, Math.min(1, Math.max(0, dueAtMs(sent + missed + 1) - performance.now())))
    await new Promise((resolve) => setImmediate(resolve))
  }
  const ms = (percentile: number): number => histogram.percentile(percentile) / NS_IN_MS
  const figures: ConstantRateFigures = {
    requests: answered,
    failed,
    late,
    p50Ms: ms(50),
    p99Ms: ms(99),
    p999Ms: ms(99.9),
    maxMs: histogram.max / NS_IN_MS,
  }
  process.stdout.write(`${JSON.stringify(figures)}\n`)
  for (const { socket } of free) socket.destroy()
}

function splitRequests(bytes: Buffer): Buffer[] {
  const all: Buffer[] = []
  for (let from = 0; from < bytes.length; ) {
    const end = bytes.indexOf(END, from) + END.length
    all.push(bytes.subarray(from, end))
    from = end
  }
  return all
}

await main(JSON.parse(process.argv[2] ?? '{}') as ConstantRate)
