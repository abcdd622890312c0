import { createServer, type IncomingMessage } from 'node:http'
import { buffer } from 'node:stream/consumers'

/** A request as the portal behind a proxy understood it. */
export interface PortalRequest {
  readonly method: string
  readonly url: string
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[]
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** A portal that writes down all that reaches it, and reads more leniently than a portal should: whatever gets past a proxy shows here. */
export interface RecordingPortal extends AsyncDisposable {
  readonly requests: readonly PortalRequest[]
  /** Bytes that were no request even to a lenient reader. */
  readonly garbage: readonly string[]
}

/** @param path unix socket */
export async function startRecordingPortal(path: string): Promise<RecordingPortal> {
  const requests: PortalRequest[] = []
  const garbage: string[] = []
  const server = createServer({ insecureHTTPParser: true, maxHeaderSize: 1_048_576, requireHostHeader: false })
  server.on('request', (request, response) => {
    void buffer(request).then(
      (body) => {
        const { method = '', url = '', rawHeaders, headers } = request
        requests.push({ method, url, rawHeaders, headers, body: body.toString('latin1') })
        const { 'x-real-ip': ip, 'x-real-port': port, 'x-forwarded-for': forwarded } = headers
        response.end(JSON.stringify({ maKetQua: '000', ip, port, forwarded, url }))
      },
      () => response.destroy(),
    )
  })
  // Whoever gets an upgrade or a tunnel through may say what he likes in it.
  for (const event of ['upgrade', 'connect'] as const)
    server.on(event, ({ method = '', url = '', rawHeaders, headers }, socket) => {
      requests.push({ method, url, rawHeaders, headers, body: '' })
      socket.on('error', () => socket.destroy())
      socket.on('data', (bytes: Buffer) => garbage.push(bytes.toString('latin1')))
      socket.write(
        event === 'connect'
          ? 'HTTP/1.1 200 OK\r\n\r\n'
          : 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n',
      )
    })
  server.on('clientError', (error: Error & { rawPacket?: Buffer; code?: string }, socket) => {
    const bytes = error.rawPacket?.toString('latin1') ?? ''
    const strange = findStrange(bytes)
    if (strange !== undefined) requests.push(strange)
    else if (bytes !== '') garbage.push(`${error.code}: ${bytes}`)
    socket.end(strange === undefined ? '' : 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
  })
  const { promise, resolve } = Promise.withResolvers<undefined>()
  server.listen(path, () => resolve(undefined))
  await promise
  return {
    requests,
    garbage,
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
    },
  }
}

/** A request whose method or target Node does not know, and others may. */
function findStrange(bytes: string): PortalRequest | undefined {
  const [, method, url, lines] = /^([^ \r\n]+) ([^ \r\n]+) HTTP\/1\.[01]\r\n((?:[^\r\n:]+: [^\r\n]*\r\n)*)\r\n$/.exec(bytes) ?? []
  if (method === undefined || url === undefined || lines === undefined) return undefined
  const pairs = lines
    .split('\r\n')
    .slice(0, -1)
    .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)] as const)
  const headers = Object.fromEntries(pairs.map(([name, value]) => [name.toLowerCase(), value]))
  return { method, url, rawHeaders: pairs.flat(), headers, body: '' }
}
