import { type Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { type Agent as HttpsAgent, request as httpsRequest } from 'node:https'

/** One HTTP/1.1 request to a URL, or through a unix socket where `socketPath` is named. */
export interface HttpRequest {
  readonly url: URL
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  readonly socketPath?: string
  /** Address of this host to ask from. */
  readonly localAddress?: string
  /** PEM certificates to trust instead of the system's. */
  readonly ca?: string
  readonly agent?: HttpAgent | HttpsAgent
  /** Longest silence of the other side, in milliseconds. */
  readonly idleTimeoutMs: number
  readonly signal: AbortSignal
}

/** Sends the request and gives the answer once its head is there; the body is a stream. Redirects are not followed. */
export function sendRequest(request: HttpRequest): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const send = request.url.protocol === 'https:' ? httpsRequest : httpRequest
  const outgoing = send(
    request.url,
    {
      method: request.method,
      headers: request.headers,
      signal: request.signal,
      timeout: request.idleTimeoutMs,
      ...(request.socketPath === undefined ? {} : { socketPath: request.socketPath }),
      ...(request.localAddress === undefined ? {} : { localAddress: request.localAddress }),
      ...(request.ca === undefined ? {} : { ca: request.ca }),
      ...(request.agent === undefined ? {} : { agent: request.agent }),
    },
    (answer) => {
      // Without a listener an abort while nobody reads would be an uncaught error; readers get it all the same.
      answer.on('error', noteNothing)
      resolve(answer)
    },
  )
  outgoing.on('timeout', () => outgoing.destroy(new Error(`no byte for ${request.idleTimeoutMs} ms`)))
  outgoing.on('error', reject)
  outgoing.end(request.body)
  return promise
}

/** Reads a whole body; `undefined` where it is longer than `maxBytes`. */
export async function readBody(answer: IncomingMessage, maxBytes: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBytes) {
      answer.destroy()
      return undefined
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, size)
}

function noteNothing(): void {
  // The reader of the body gets the same error from the stream.
}
