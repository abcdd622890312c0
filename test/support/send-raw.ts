import { once } from 'node:events'
import { connect } from 'node:net'
import { json } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

/** Bytes for a TCP port, as they are: requests that no HTTP client would make. */
export interface RawRequest {
  readonly address: string
  readonly port: number
  readonly base64: string
}

/** To be started with Node inside a namespace; takes a JSON array of `RawRequest` on standard input and sends one after the other. */
export const SEND_RAW_FILE = fileURLToPath(import.meta.url)

if (process.argv[1] === SEND_RAW_FILE) {
  for (const { address, port, base64 } of (await json(process.stdin)) as RawRequest[]) {
    const socket = connect({ host: address, port })
    socket.on('error', () => socket.destroy())
    socket.resume()
    // Half-closing too early would make nginx log 400 for requests without Connection: close; the server ends every one of these.
    socket.write(Buffer.from(base64, 'base64'))
    await once(socket, 'close')
  }
}
