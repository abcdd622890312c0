import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createControlClient } from '../../../agent/control/control-client.ts'
import { createMovableClock } from '../../support/movable-clock.ts'

const NEVER = new AbortController().signal

async function clientOf(answer: RequestListener, more: { timeoutMs?: number; path?: string } = {}) {
  const server = createServer(answer)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const client = createControlClient({
    url: `http://127.0.0.1:${port}${more.path ?? ''}`,
    timeoutMs: more.timeoutMs ?? 5000,
    clock: createMovableClock(Date.UTC(2024, 6, 27)),
    authorize: async (method, path) => `Bearer ${method} ${path}`,
  })
  onTestFinished(() => {
    client[Symbol.dispose]()
    server.close()
    server.closeAllConnections()
  })
  return client
}

describe('createControlClient', () => {
  it('signs method and path of each request, with the base URL’s own path', async () => {
    const seen: unknown[] = []
    const client = await clientOf(
      (request, response) => {
        seen.push([request.method, request.url, request.headers.authorization])
        response.end('{"a":1}')
      },
      { path: '/edgeward/' },
    )
    expect((await client.fetchBytes('/v1/x', 100, NEVER)).toString()).toBe('{"a":1}')
    expect(await client.postJson('/v1/y', { b: 2 }, NEVER)).toEqual({ a: 1 })
    expect(seen).toEqual([
      ['GET', '/edgeward/v1/x', 'Bearer GET /edgeward/v1/x'],
      ['POST', '/edgeward/v1/y', 'Bearer POST /edgeward/v1/y'],
    ])
  })

  it.each<[number, Record<string, string>, string, number]>([
    [404, {}, 'CONTROL_NOT_FOUND', 0],
    [401, {}, 'CONTROL_REFUSED', 0],
    [500, {}, 'CONTROL_REFUSED', 0],
    [302, { location: 'http://elsewhere.example/' }, 'CONTROL_REFUSED', 0],
    [429, { 'retry-after': '7' }, 'CONTROL_BUSY', 7000],
    [503, { 'retry-after': 'Sat, 27 Jul 2024 00:01:00 GMT' }, 'CONTROL_BUSY', 60_000],
    [503, { 'retry-after': 'soon' }, 'CONTROL_BUSY', 0],
    [503, { 'retry-after': '999999999' }, 'CONTROL_BUSY', 3_600_000],
  ])('takes %i with %j as %s, to come back after %i ms', async (status, headers, code, retryAfterMs) => {
    const client = await clientOf((_request, response) => response.writeHead(status, headers).end('no problem'))
    await expect(client.fetchBytes('/v1/x', 100, NEVER)).rejects.toMatchObject({ code, status, retryAfterMs })
  })

  it('quotes a problem on one line', async () => {
    const problem = JSON.stringify({ code: 'REVOKED', title: 'The credential is revoked', detail: 'by\noperator-1', more: 'x' })
    const client = await clientOf((_request, response) => response.writeHead(401).end(problem))
    await expect(client.postJson('/v1/reports', {}, NEVER)).rejects.toThrow(
      'Control API refused POST /v1/reports with 401: REVOKED: The credential is revoked: by operator-1',
    )
  })

  it.each<[string, RequestListener, string]>([
    ['more bytes than it may', (_request, response) => response.end('x'.repeat(101)), 'CONTROL_ANSWER'],
    ['silence', () => undefined, 'CONTROL_UNREACHABLE'],
    [
      'half an answer and silence',
      (_request, response) => void response.writeHead(200, { 'content-length': 50 }).write('x'),
      'CONTROL_UNREACHABLE',
    ],
    ['a cut connection', (request) => request.socket.destroy(), 'CONTROL_UNREACHABLE'],
    [
      'a connection cut in the body',
      (request, response) => void response.writeHead(200, { 'content-length': 50 }).write('x', () => request.socket.destroy()),
      'CONTROL_UNREACHABLE',
    ],
  ])('throws for %s', async (_what, answer, code) => {
    const client = await clientOf(answer, { timeoutMs: 100 })
    await expect(client.fetchBytes('/v1/x', 100, NEVER)).rejects.toMatchObject({ code })
  })

  it('takes an answer that is no JSON for none', async () => {
    const client = await clientOf((_request, response) => response.end('<html>'))
    await expect(client.postJson('/v1/x', {}, NEVER)).rejects.toMatchObject({ code: 'CONTROL_ANSWER' })
  })

  it('ends a stream that falls silent', async () => {
    const client = await clientOf((_request, response) => void response.writeHead(200).write('first'))
    const chunks: string[] = []
    const read = async () => {
      for await (const chunk of await client.openStream('/v1/events', 100, NEVER)) chunks.push(chunk.toString())
    }
    await expect(read()).rejects.toMatchObject({ code: 'CONTROL_UNREACHABLE' })
    expect(chunks).toEqual(['first'])
  })

  it('gives up at once when it is told to', async () => {
    const stopping = new AbortController()
    const client = await clientOf(() => stopping.abort())
    await expect(client.fetchBytes('/v1/x', 100, stopping.signal)).rejects.toMatchObject({ code: 'CONTROL_UNREACHABLE' })
  })
})
