import { stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { AgentStatus } from '../../../agent/status/agent-status.ts'
import { askStatus } from '../../../agent/status/ask-status.ts'
import { listenStatus } from '../../../agent/status/listen-status.ts'
import { createStatusServer } from '../../../agent/status/status-server.ts'
import { aStatus } from '../../support/agent-status.ts'
import { leaveStaleSocket } from '../../support/stale-socket.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const NEVER = new AbortController().signal

function serverOf(status: AgentStatus = aStatus(), place: 'socket' | 'loopback' = 'socket') {
  const app = createStatusServer({ read: () => status, place })
  onTestFinished(() => app.close())
  return app
}

describe('createStatusServer', () => {
  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const)(
    'refuses %s everywhere: nothing can be changed',
    async (method) => {
      for (const url of ['/', '/status', '/healthz', '/readyz', '/metrics', '/elsewhere']) {
        const { statusCode, headers } = await serverOf().inject({
          method,
          url,
          payload: method === 'POST' ? 'x'.repeat(9000) : '',
        })
        expect([url, statusCode, headers.allow]).toEqual([url, 405, 'GET, HEAD'])
      }
    },
  )

  it('answers HEAD, and 404 for what it does not have', async () => {
    expect((await serverOf().inject({ method: 'HEAD', url: '/status' })).statusCode).toBe(200)
    expect((await serverOf().inject('/../../etc/passwd')).statusCode).toBe(404)
  })

  it.each([
    ['127.0.0.1:9440', 200],
    ['localhost', 200],
    ['LOCALHOST:80', 200],
    ['[::1]:9440', 200],
    ['attacker.example', 421],
    ['127.0.0.1.attacker.example', 421],
    ['localhost:x', 421],
  ])('on loopback, answers the host %j with %i', async (host, statusCode) => {
    const app = serverOf(aStatus(), 'loopback')
    for (const url of ['/status', '/metrics', '/'])
      expect((await app.inject({ url, headers: { host } })).statusCode).toBe(statusCode)
  })

  it.each<[string, Partial<AgentStatus>, number, RegExp]>([
    ['a list is in force', {}, 200, /revision 412 is in force/],
    ['only the management prefixes pass', { inForce: { revision: 0, digest: '', mode: 'enforce' } }, 503, /no signed list/],
    ['nothing is in force', { inForce: null }, 503, /no signed list/],
    ['the start failed', { faults: [{ area: 'start', code: 'NO_TOOL', message: 'no nft', since: '' }] }, 503, /NO_TOOL: no nft/],
    [
      'the control API is away',
      { faults: [{ area: 'pass', code: 'CONTROL_UNREACHABLE', message: '', since: '' }] },
      200,
      /in force/,
    ],
  ])('is ready or not where %s', async (_what, fields, statusCode, why) => {
    const answer = await serverOf(aStatus(fields)).inject('/readyz')
    expect(answer.statusCode).toBe(statusCode)
    expect(answer.json<{ why: string }>().why).toMatch(why)
    expect((await serverOf(aStatus(fields)).inject('/healthz')).statusCode).toBe(200)
  })

  it('gives figures for Prometheus, as they are now', async () => {
    let status = aStatus({ faults: [{ area: 'pass', code: 'LIST_EMPTY', message: 'm', since: 's' }] })
    const app = createStatusServer({ read: () => status, place: 'socket' })
    onTestFinished(() => app.close())
    const first = (await app.inject('/metrics')).body
    expect(first).toContain('edgeward_agent_revision 412\n')
    expect(first).toContain('edgeward_agent_last_pull_tried_seconds 1722049140\n')
    expect(first).toContain('edgeward_agent_fault{area="pass",code="LIST_EMPTY"} 1\n')
    status = aStatus({ inForce: { revision: 413, digest: '', mode: 'observe' } })
    const second = (await app.inject('/metrics')).body
    expect(second).toContain('edgeward_agent_revision 413\n')
    expect(second).toContain('edgeward_agent_enforcing 0\n')
    expect(second).not.toContain('LIST_EMPTY')
  })

  it('sends a page that can load and do nothing but its own style', async () => {
    const { headers, body } = await serverOf().inject('/')
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/]{43}='; /)
    expect(headers['cache-control']).toBe('no-store')
    expect(body).not.toMatch(/<script|javascript:|\son\w+=|style="/i)
  })
})

describe('listenStatus', () => {
  it('listens on a socket for owner and group, and on loopback', async () => {
    const socket = join(await temporaryFolder(), 'agent.sock')
    const listening = await listenStatus(() => aStatus(), socket, { host: '127.0.0.1', port: 0 })
    expect((await stat(socket)).mode & 0o777).toBe(0o660)
    expect(await askStatus(socket, NEVER)).toEqual(aStatus())
    const answer = await fetch(`${listening.url}/readyz`)
    expect(answer.status).toBe(200)
    await listening[Symbol.asyncDispose]()
    await expect(askStatus(socket, NEVER)).rejects.toMatchObject({ code: 'AGENT_AWAY' })
  })

  it('takes the place of a socket that a crash left', async () => {
    const socket = join(await temporaryFolder(), 'agent.sock')
    await leaveStaleSocket(socket)
    const listening = await listenStatus(() => aStatus(), socket, undefined)
    expect(await askStatus(socket, NEVER)).toEqual(aStatus())
    await listening[Symbol.asyncDispose]()
  })

  it('leaves a running agent its socket', async () => {
    const socket = join(await temporaryFolder(), 'agent.sock')
    const first = await listenStatus(() => aStatus(), socket, undefined)
    onTestFinished(() => first[Symbol.asyncDispose]())
    await expect(listenStatus(() => aStatus({ name: 'edge-2' }), socket, undefined)).rejects.toMatchObject({
      code: 'SOCKET_IN_USE',
    })
    expect((await askStatus(socket, NEVER)).name).toBe('edge-1')
  })

  it.each([
    ['a folder that is not there', (folder: string) => join(folder, 'none', 'agent.sock'), undefined],
    ['a port that is taken', (folder: string) => join(folder, 'agent.sock'), 'taken'],
  ])('says that it cannot listen: %s', async (_what, socketOf, taken) => {
    const server = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    const port = await new Promise<number>((resolve) =>
      server.once('listening', () => resolve((server.address() as { port: number }).port)),
    )
    const listening = listenStatus(
      () => aStatus(),
      socketOf(await temporaryFolder()),
      taken === undefined ? undefined : { host: '127.0.0.1', port },
    )
    await expect(listening).rejects.toMatchObject({ code: 'SOCKET_UNUSABLE' })
  })
})
