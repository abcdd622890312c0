/**
 * Program: stands between an edge and the control API and passes everything on, honestly or not. Usage: `node meddling-proxy.ts LISTENHOST PORT HOST PORT`;
 * takes a manner a line on standard input and answers it. Says `ready` once it listens.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { createInterface } from 'node:readline'

export const MANNERS = {
  honest: 'passes everything on',
  list: 'changes one byte of every list',
  metadata: 'changes one byte of the newest timestamp',
  older: 'gives the oldest timestamp that it ever saw',
} as const
export type Manner = keyof typeof MANNERS

interface Upstream {
  readonly host: string
  readonly port: number
}

/** Gives the server's request handler; `manner` is asked at each request. */
export function createMeddler(upstream: Upstream, manner: () => Manner) {
  const seen = new Map<string, Buffer>()
  const meddle = (path: string, body: Buffer): Buffer => {
    const isTimestamp = path.endsWith('/timestamp.json')
    const oldest = seen.get(path) ?? body
    seen.set(path, oldest)
    switch (manner()) {
      case 'honest':
        return body
      case 'list':
        return path.includes('/targets/') ? changed(body) : body
      case 'metadata':
        return isTimestamp ? changed(body) : body
      case 'older':
        return isTimestamp ? oldest : body
    }
  }
  return (asked: IncomingMessage, response: ServerResponse): void => {
    const { method, url = '/', headers } = asked
    const passed = request({ ...upstream, method, path: url, headers }, (answer) => {
      if (!url.startsWith('/v1/tuf/')) {
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(response)
        // A pipe does not pass on that the other side broke off.
        answer.once('close', () => response.destroy())
        return
      }
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.once('end', () => {
        const whole = Buffer.concat(chunks)
        const body = answer.statusCode === 200 ? meddle(url, whole) : whole
        const { 'content-length': _length, 'transfer-encoding': _encoding, ...rest } = answer.headers
        response.writeHead(answer.statusCode ?? 502, { ...rest, 'content-length': body.length })
        response.end(body)
      })
      answer.once('error', () => response.destroy())
    })
    passed.once('error', () => response.destroy())
    response.once('close', () => passed.destroy())
    asked.pipe(passed)
  }
}

/** The same with the last digit before the middle turned into another, so that JSON stays JSON. */
function changed(body: Buffer): Buffer {
  const copy = Buffer.from(body)
  for (let at = copy.length >> 1; at >= 0; at--) {
    const byte = copy[at] ?? 0
    if (byte < 0x30 || byte > 0x39) continue
    copy[at] = byte === 0x39 ? 0x30 : byte + 1
    break
  }
  return copy
}

async function main(): Promise<void> {
  const [listenHost, listenPort, host, port] = process.argv.slice(2)
  if (listenHost === undefined || host === undefined) throw new Error('Usage: meddling-proxy.ts LISTENHOST PORT HOST PORT')
  let manner: Manner = 'honest'
  const server = createServer(createMeddler({ host, port: Number(port) }, () => manner))
  server.listen(Number(listenPort), listenHost)
  await once(server, 'listening')
  process.stdout.write('ready\n')
  for await (const line of createInterface({ input: process.stdin })) {
    if (!Object.hasOwn(MANNERS, line)) throw new Error(`no manner ${JSON.stringify(line)}`)
    manner = line as Manner
    process.stdout.write(`now ${line}\n`)
  }
}

if (import.meta.main) await main()
