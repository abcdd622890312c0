import { once } from 'node:events'
import { connect } from 'node:net'

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
const FRAME = { data: 0, headers: 1, reset: 3, settings: 4, goAway: 7, continuation: 9 } as const
const FLAG = { endStream: 1, endHeaders: 4, ack: 1 } as const
const MAX_FRAME_BYTES = 16_384

/** What a client says on one stream: names and values as they are, also such as no HTTP client would send. */
export interface RawStream {
  readonly fields: readonly (readonly [name: string, value: string])[]
  readonly body?: string
}

/**
 * Speaks HTTP/2 without TLS byte by byte (RFC 9113), every field literally and without an index (RFC 7541 §6.2.2); one stream after the other.
 * Gives how each stream ended: with an answer, with an error, or with the connection.
 */
export async function askRawHttp2(path: string, before: string, streams: readonly RawStream[]): Promise<readonly string[]> {
  const socket = connect(path)
  await once(socket, 'connect')
  socket.on('error', () => socket.destroy())
  let [held, isClosed] = [Buffer.alloc(0), false]
  const ends = new Map<number, string>()
  let wake = (): void => undefined
  socket.on('close', () => {
    isClosed = true
    wake()
  })
  socket.on('data', (chunk: Buffer) => {
    held = Buffer.concat([held, chunk])
    for (;;) {
      const length = held.length < 9 ? Number.POSITIVE_INFINITY : held.readUIntBE(0, 3)
      if (held.length < 9 + length) break
      const [type, flags, stream] = [held[3], held[4] ?? 0, held.readUInt32BE(5)]
      held = held.subarray(9 + length)
      if (type === FRAME.settings && (flags & FLAG.ack) === 0) socket.write(frame(FRAME.settings, FLAG.ack, 0, ''))
      else if (type === FRAME.reset) ends.set(stream, 'reset')
      else if (type === FRAME.goAway) socket.end()
      else if ((type === FRAME.headers || type === FRAME.data) && (flags & FLAG.endStream) !== 0) ends.set(stream, 'answered')
    }
    wake()
  })
  socket.write(before + PREFACE, 'latin1')
  socket.write(frame(FRAME.settings, 0, 0, ''))
  const all: string[] = []
  for (const [index, { fields, body }] of streams.entries()) {
    const stream = 2 * index + 1
    if (!isClosed) {
      for (const bytes of headerFrames(stream, fields, body === undefined)) socket.write(bytes)
      if (body !== undefined) socket.write(frame(FRAME.data, FLAG.endStream, stream, body))
    }
    while (!isClosed && !ends.has(stream)) {
      const { promise, resolve } = Promise.withResolvers<undefined>()
      wake = () => resolve(undefined)
      await promise
    }
    all.push(ends.get(stream) ?? 'closed')
  }
  socket.destroy()
  return all
}

function headerFrames(stream: number, fields: RawStream['fields'], isLast: boolean): readonly Buffer[] {
  const block = Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0]), textOf(name), textOf(value)]))
  const pieces = Math.max(1, Math.ceil(block.length / MAX_FRAME_BYTES))
  return Array.from({ length: pieces }, (_, at) => {
    const end = at === pieces - 1 ? FLAG.endHeaders : 0
    const flags = at === 0 && isLast ? end | FLAG.endStream : end
    const piece = block.toString('latin1', at * MAX_FRAME_BYTES, (at + 1) * MAX_FRAME_BYTES)
    return frame(at === 0 ? FRAME.headers : FRAME.continuation, flags, stream, piece)
  })
}

function frame(type: number, flags: number, stream: number, payload: string): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head.writeUInt8(type, 3)
  head.writeUInt8(flags, 4)
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, Buffer.from(payload, 'latin1')])
}

/** A string of HPACK, its length in seven bits and more (RFC 7541 §5.1). */
function textOf(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1')
  if (bytes.length < 127) return Buffer.concat([Buffer.from([bytes.length]), bytes])
  const length = [127]
  let rest = bytes.length - 127
  for (; rest >= 128; rest = Math.floor(rest / 128)) length.push((rest % 128) + 128)
  return Buffer.concat([Buffer.from([...length, rest]), bytes])
}
