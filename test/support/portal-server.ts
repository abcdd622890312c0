/**
 * Program: a stand-in for the portal behind an edge. It answers the real paths with the real shape of answer and, where no proxy in front does it, writes
 * the JSON access log of docs/access-log.md. Usage: `node portal-server.ts '{"ports":[80,443],"log":"access.log"}'`; says `ready` once it listens.
 */
import { createHmac, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { openSync, writeSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

export interface PortalOptions {
  /** TCP ports to listen on; plain HTTP on all of them. */
  readonly ports?: readonly number[]
  /** Address to listen on; all if not given. */
  readonly address?: string
  /** A unix socket to listen on, for a proxy in front. */
  readonly socket?: string
  /** Access log to append to; none if a proxy in front writes it. */
  readonly log?: string
  /** Header that names the client's address, for a host without namespaces where every client is the loopback. */
  readonly clientHeader?: string
}

interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
  /** The person looked up as the log may keep it: a keyed hash. */
  readonly subject?: string
}

/** Gives the server's request handler; `write` takes one log line. */
export function createPortal(options: PortalOptions, write: (line: string) => void) {
  const key = randomBytes(32)
  return async (asked: IncomingMessage, response: ServerResponse): Promise<void> => {
    const begun = new Date()
    const body = await bodyOf(asked)
    const answer = answerTo(asked.url ?? '/', body, key)
    const text = JSON.stringify(answer.body)
    response.writeHead(answer.status, { 'content-type': 'application/json; charset=utf-8' })
    response.end(text)
    const named = options.clientHeader === undefined ? undefined : asked.headers[options.clientHeader]
    write(
      JSON.stringify({
        at: begun.toISOString(),
        ip: typeof named === 'string' ? named : plainAddress(asked.socket.remoteAddress),
        port: asked.socket.remotePort ?? 0,
        method: asked.method,
        uri: asked.url?.replace(/([?&]password=)[^&]*/gi, '$1'),
        status: answer.status,
        bytes: Buffer.byteLength(text),
        ms: Date.now() - begun.getTime(),
        host: asked.headers.host ?? '',
        ...(answer.subject === undefined ? {} : { subject: answer.subject }),
        result: answer.body.maKetQua,
      }),
    )
  }
}

function answerTo(url: string, body: string, key: Uint8Array): Answer {
  const path = url.split('?')[0]?.toLowerCase() ?? ''
  if (path === '/api/token/take') {
    return { status: 200, body: { maKetQua: '200', APIKey: { access_token: randomBytes(24).toString('base64') } } }
  }
  if (/^\/api\/egw\/(?:kqnhanlichsukcb2024|lskcb2025|nhanlichsukcb)$/.test(path)) {
    const card = /"maThe"\s*:\s*"([^"]*)"/.exec(body)?.[1] ?? ''
    const subject = createHmac('sha256', key).update(card).digest('hex').slice(0, 32)
    return { status: 200, body: { maKetQua: '000', ghiChu: 'Thẻ có giá trị sử dụng', dsLichSuKCB2018: [] }, subject }
  }
  if (path === '/' || path.startsWith('/api/')) return { status: 200, body: { maKetQua: '000', ghiChu: '' } }
  return { status: 404, body: { maKetQua: '205', ghiChu: 'Không có chức năng này' } }
}

async function bodyOf(asked: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of asked) chunks.push(chunk as Buffer)
  return String(Buffer.concat(chunks))
}

function plainAddress(address: string | undefined): string {
  return (address ?? '').replace(/^::ffff:/, '')
}

async function main(): Promise<void> {
  const options = JSON.parse(process.argv[2] ?? '{}') as PortalOptions
  const log = options.log === undefined ? undefined : openSync(options.log, 'a')
  const portal = createPortal(options, (line) => {
    if (log !== undefined) writeSync(log, `${line}\n`)
  })
  const places = [
    ...(options.ports ?? []).map((port) => ({ port, ...(options.address === undefined ? {} : { host: options.address }) })),
    ...(options.socket === undefined ? [] : [{ path: options.socket }]),
  ]
  for (const place of places) {
    const server = createServer((asked, response) => {
      portal(asked, response).catch(() => response.destroy())
    })
    server.keepAliveTimeout = 600_000
    server.listen(place)
    await once(server, 'listening')
  }
  process.stdout.write('ready\n')
}

if (import.meta.main) await main()
