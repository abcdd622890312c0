import type { ControlClient } from '../../agent/control/control-client.ts'
import { ControlLinkError } from '../../agent/control/control-link-error.ts'

/** A control API that takes everything posted and streams what it is told. */
export interface FakeControlClient extends ControlClient {
  readonly posted: readonly { readonly path: string; readonly body: unknown }[]
  /** Open event streams. */
  readonly streams: number
  /** Every post fails until it is told `undefined`. */
  failPosts(error: Error | undefined): void
  /** Says something on every open stream. */
  say(text: string): void
  /** Breaks every open stream; new ones are refused while `isAway`. */
  breakStreams(isAway: boolean): void
}

export function createFakeControlClient(): FakeControlClient {
  const posted: { path: string; body: unknown }[] = []
  const streams = new Set<(chunk: Buffer | Error) => void>()
  let failure: Error | undefined
  let isAway = false
  return {
    posted,
    get streams() {
      return streams.size
    },
    failPosts(error) {
      failure = error
    },
    say(text) {
      for (const push of streams) push(Buffer.from(text))
    },
    breakStreams(away) {
      isAway = away
      for (const push of streams) push(unreachable())
    },
    fetchBytes: () => Promise.reject(unreachable()),
    async postJson(path, body) {
      if (failure !== undefined) throw failure
      posted.push({ path, body: structuredClone(body) })
      return undefined
    },
    async postBytes(path, bytes) {
      if (failure !== undefined) throw failure
      posted.push({ path, body: Buffer.from(bytes) })
    },
    async openStream(_path, _idleTimeoutMs, signal) {
      if (isAway) throw unreachable()
      return chunks(streams, signal)
    },
    [Symbol.dispose]: () => undefined,
  }
}

async function* chunks(streams: Set<(chunk: Buffer | Error) => void>, signal: AbortSignal): AsyncGenerator<Buffer> {
  const waiting: (Buffer | Error)[] = [Buffer.from(': hello\n\n')]
  let wake = Promise.withResolvers<void>()
  const push = (chunk: Buffer | Error): void => {
    waiting.push(chunk)
    wake.resolve()
  }
  streams.add(push)
  signal.addEventListener('abort', () => wake.resolve())
  try {
    while (!signal.aborted) {
      const next = waiting.shift()
      if (next instanceof Error) throw next
      if (next !== undefined) yield next
      else {
        await wake.promise
        wake = Promise.withResolvers<void>()
      }
    }
  } finally {
    streams.delete(push)
  }
}

function unreachable(): ControlLinkError {
  return new ControlLinkError('CONTROL_UNREACHABLE', 'The fake control API is away')
}
