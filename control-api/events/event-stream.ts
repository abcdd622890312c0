import type { ServerResponse } from 'node:http'
import type { SideKind } from '../../rules/documents/side-kind.ts'
import type { EventHub } from './event-hub.ts'

/** Bytes that may wait for a slow reader before it is cut off; it comes back and hears the newest revision. */
const MAX_WAITING_BYTES = 65_536

export interface EventStreamParts {
  readonly response: ServerResponse
  readonly hub: EventHub
  readonly heartbeatMs: number
  /** Whether its holder may still listen; asked at every heartbeat and after every revocation. */
  readonly isAllowed: () => Promise<boolean>
  /** Called once, when the stream has ended, whoever ended it. */
  readonly onEnd: () => void
}

/** Writes one event stream (server-sent events, WHATWG HTML §9.2) until either side ends it. Returns what ends it from here. */
export function openEventStream({ response, hub, heartbeatMs, isAllowed, onEnd }: EventStreamParts): () => void {
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    // The connection ends with the stream: kept alive it would hold up a stop.
    connection: 'close',
    'x-accel-buffering': 'no',
    'x-content-type-options': 'nosniff',
  })
  const write = (text: string): void => {
    response.write(text)
    if (response.writableLength > MAX_WAITING_BYTES) response.destroy()
  }
  const tell = (revision: number): void => write(`event: revision\ndata: ${JSON.stringify({ revision })}\n\n`)
  const tellSide = (kind: SideKind, version: number): void => write(`event: ${kind}\ndata: ${JSON.stringify({ version })}\n\n`)
  const end = (): void => {
    if (!response.writableEnded) response.end()
  }
  const review = (): void => {
    isAllowed().then(
      (allowed) => (allowed ? undefined : end()),
      () => end(),
    )
  }
  const stopListening = hub.listen({ revision: tell, side: tellSide, review })
  const heartbeat = setInterval(() => {
    write(': alive\n\n')
    review()
  }, heartbeatMs)
  response.once('close', () => {
    clearInterval(heartbeat)
    stopListening()
    onEnd()
  })
  response.on('error', () => response.destroy())
  tell(hub.revision)
  for (const [kind, version] of hub.sides) tellSide(kind, version)
  return end
}
