import { connect } from 'node:net'
import { EdgeGateError } from '../gate/edge-gate-error.ts'

/** HAProxy's runtime API (management guide, 9.3). One connection for each line of commands: HAProxy closes it when it has answered. */
export interface RuntimeSocket {
  /** Sends a line of commands, with a payload where it ends in `<<`, and gives the answer. @throws EdgeGateError GATE_HAPROXY_AWAY */
  ask(commands: string): Promise<string>
}

/** A table with every account that ever asked for a history stays below. */
const MAX_ANSWER_BYTES = 64 * 1_048_576

/** @param limitMs longest wait for the next byte */
export function createRuntimeSocket(path: string, limitMs = 5_000): RuntimeSocket {
  return {
    ask(commands) {
      const { promise, resolve, reject } = Promise.withResolvers<string>()
      const socket = connect({ path, allowHalfOpen: true })
      const chunks: Buffer[] = []
      let bytes = 0
      const fail = (reason: string, cause?: Error): void => {
        socket.destroy()
        reject(new EdgeGateError('GATE_HAPROXY_AWAY', `Cannot ask HAProxy on ${JSON.stringify(path)}: ${reason}`, { cause }))
      }
      socket.setTimeout(limitMs, () => fail(`no answer within ${limitMs} ms`))
      socket.on('error', (cause) => fail(cause.message, cause))
      socket.on('connect', () => socket.end(`${commands}\n`))
      socket.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes > MAX_ANSWER_BYTES) fail(`it answers more than ${MAX_ANSWER_BYTES} bytes`)
        else chunks.push(chunk)
      })
      socket.on('end', () => {
        socket.destroy()
        resolve(Buffer.concat(chunks).toString('latin1'))
      })
      return promise
    },
  }
}
