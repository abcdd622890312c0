import { Agent as HttpAgent, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { Clock } from '../../rules/time/clock.ts'
import { ControlLinkError } from './control-link-error.ts'
import { readBody, sendRequest } from './http-request.ts'
import { parseRetryAfter } from './retry-after.ts'

/** The agent's way to the control API. Every failure is a `ControlLinkError`. */
export interface ControlClient extends Disposable {
  /** The whole body of a GET. @throws ControlLinkError CONTROL_ANSWER when it is longer than `maxBytes` */
  fetchBytes(path: string, maxBytes: number, signal: AbortSignal): Promise<Buffer>
  /** Posts JSON and gives the answer's JSON, `undefined` for an empty one. */
  postJson(path: string, body: unknown, signal: AbortSignal): Promise<unknown>
  /** Posts bytes; what is answered is read and not given. */
  postBytes(path: string, bytes: Uint8Array, signal: AbortSignal): Promise<void>
  /** The body of a GET as it comes; ends with a throw when the other side is silent for `idleTimeoutMs`. */
  openStream(path: string, idleTimeoutMs: number, signal: AbortSignal): Promise<AsyncIterable<Buffer>>
}

export interface ControlClientOptions {
  /** Base URL; a path in it goes before every path. */
  readonly url: string
  /** PEM certificates to trust instead of the system's. */
  readonly ca?: string
  /** Longest silence within one call. */
  readonly timeoutMs: number
  readonly clock: Clock
  /** The Authorization header for one request; `path` as sent, without the query. Absent before enrolment. */
  readonly authorize?: (method: string, path: string) => Promise<string>
}

/** A call may last this many times its longest silence: a slow line may be slow, a drip is cut. */
const TOTAL_FACTOR = 30
const MAX_ANSWER_BYTES = 1_000_000
const BYTES = 'application/octet-stream'

export function createControlClient(options: ControlClientOptions): ControlClient {
  const base = new URL(options.url)
  const Agent = base.protocol === 'https:' ? HttpsAgent : HttpAgent
  const connections = new Agent({ keepAlive: true, maxSockets: 4 })

  async function call(method: 'GET' | 'POST', path: string, body: unknown, idleTimeoutMs: number, signal: AbortSignal) {
    const url = new URL(base.pathname.replace(/\/$/, '') + path, base)
    const authorization = await options.authorize?.(method, url.pathname)
    const answer = await sendRequest({
      url,
      method,
      headers: {
        'user-agent': 'edgeward-agent',
        ...(authorization === undefined ? {} : { authorization }),
        ...(body === undefined ? {} : { 'content-type': body instanceof Uint8Array ? BYTES : 'application/json' }),
      },
      ...(body === undefined ? {} : { body: body instanceof Uint8Array ? body : JSON.stringify(body) }),
      ...(options.ca === undefined ? {} : { ca: options.ca }),
      agent: connections,
      idleTimeoutMs,
      signal,
    }).catch((error: unknown) => {
      throw unreachable(method, url, error)
    })
    const status = answer.statusCode ?? 0
    if (status >= 200 && status < 300) return { answer, url }
    throw await refusalOf(method, url, answer, options.clock.nowMs())
  }

  const withinTotal = (signal: AbortSignal): AbortSignal =>
    AbortSignal.any([signal, AbortSignal.timeout(options.timeoutMs * TOTAL_FACTOR)])

  async function wholeBody(method: 'GET' | 'POST', path: string, body: unknown, maxBytes: number, signal: AbortSignal) {
    const { answer, url } = await call(method, path, body, options.timeoutMs, withinTotal(signal))
    const bytes = await readBody(answer, maxBytes).catch((error: unknown) => {
      throw unreachable(method, url, error)
    })
    if (bytes !== undefined) return bytes
    throw new ControlLinkError(
      'CONTROL_ANSWER',
      `Cannot take the answer of ${method} ${url.pathname}: more than ${maxBytes} bytes`,
    )
  }

  return {
    fetchBytes: (path, maxBytes, signal) => wholeBody('GET', path, undefined, maxBytes, signal),
    async postJson(path, body, signal) {
      const bytes = await wholeBody('POST', path, body, MAX_ANSWER_BYTES, signal)
      if (bytes.length === 0) return undefined
      try {
        return JSON.parse(bytes.toString('utf8')) as unknown
      } catch (cause) {
        throw new ControlLinkError('CONTROL_ANSWER', `Cannot take the answer of POST ${path}: it is not JSON`, { cause })
      }
    },
    async postBytes(path, bytes, signal) {
      await wholeBody('POST', path, bytes, MAX_ANSWER_BYTES, signal)
    },
    async openStream(path, idleTimeoutMs, signal) {
      const { answer, url } = await call('GET', path, undefined, idleTimeoutMs, signal)
      return chunksOf(answer, url)
    },
    [Symbol.dispose]: () => connections.destroy(),
  }
}

async function* chunksOf(answer: IncomingMessage, url: URL): AsyncGenerator<Buffer> {
  try {
    yield* answer as AsyncIterable<Buffer>
  } catch (error) {
    throw unreachable('GET', url, error)
  } finally {
    answer.destroy()
  }
}

function unreachable(method: string, url: URL, cause: unknown): ControlLinkError {
  const reason = cause instanceof Error ? cause.message || cause.name : String(cause)
  return new ControlLinkError('CONTROL_UNREACHABLE', `Cannot reach ${method} ${url.origin}${url.pathname}: ${reason}`, { cause })
}

async function refusalOf(method: string, url: URL, answer: IncomingMessage, nowMs: number): Promise<ControlLinkError> {
  const status = answer.statusCode ?? 0
  const detail = await problemOf(answer)
  const message = `Control API refused ${method} ${url.pathname} with ${status}${detail === '' ? '' : `: ${detail}`}`
  if (status === 404) return new ControlLinkError('CONTROL_NOT_FOUND', message, { status })
  if (status !== 429 && status !== 503) return new ControlLinkError('CONTROL_REFUSED', message, { status })
  const retryAfterMs = parseRetryAfter(answer.headers['retry-after'], nowMs)
  return new ControlLinkError('CONTROL_BUSY', message, { status, retryAfterMs })
}

/** Code and detail of a problem (RFC 9457), cut and on one line; empty where the body is something else. */
async function problemOf(answer: IncomingMessage): Promise<string> {
  try {
    const body = await readBody(answer, 20_000)
    const problem = JSON.parse(body?.toString('utf8') ?? '') as Readonly<Record<string, unknown>>
    const parts = [problem.code, problem.title, problem.detail].filter((part) => typeof part === 'string')
    return parts
      .join(': ')
      .replaceAll(/\p{Cc}+/gu, ' ')
      .slice(0, 300)
  } catch {
    return '' // A refusal without a readable problem is still told by its status.
  }
}
