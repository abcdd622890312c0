import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { findNetworkProbe, hostPortOf } from '../../../agent/probation/network-probe.ts'

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

const options = { url: '', tcp: '', source: '', timeoutMs: 5000 }
const ask = (more: Partial<typeof options>) => findNetworkProbe({ ...options, ...more })?.ask(new AbortController().signal)

describe('findNetworkProbe', () => {
  it('is none where no target is named', () => {
    expect(findNetworkProbe(options)).toBeUndefined()
  })

  it.each([
    [200, true],
    [401, true],
    [404, true],
    [502, false],
  ])('an answer of %i is well: %s', async (status, isWell) => {
    const port = await serve((_request, response) => void response.writeHead(status).end('x'))
    expect(await ask({ url: `http://127.0.0.1:${port}/` })).toMatchObject({ isWell })
    expect(await ask({ url: `http://127.0.0.1:${port}/`, tcp: `127.0.0.1:${port}` })).toMatchObject({ isWell })
  })

  it('a port that nobody listens on is not well, and says so', async () => {
    const port = await serve(() => undefined)
    expect(await ask({ tcp: `127.0.0.1:${port}` })).toEqual({ isWell: true })
    expect(await ask({ tcp: '127.0.0.1:1' })).toMatchObject({ isWell: false, reason: expect.stringContaining('ECONNREFUSED') })
  })

  it('silence is not well after its time', async () => {
    const port = await serve(() => undefined)
    expect(await ask({ url: `http://127.0.0.1:${port}/`, timeoutMs: 100 })).toMatchObject({ isWell: false })
  })

  it('asks from the address that is named', async () => {
    const froms: (string | undefined)[] = []
    const port = await serve((request, response) => {
      froms.push(request.socket.remoteAddress)
      response.end()
    })
    expect(await ask({ url: `http://127.0.0.1:${port}/`, source: '127.0.0.9' })).toEqual({ isWell: true })
    expect(froms).toEqual(['127.0.0.9'])
  })
})

it('hostPortOf reads names, IPv4 and IPv6', () => {
  expect([hostPortOf('portal.example:443'), hostPortOf('[2001:db8::1]:80')]).toEqual([
    { host: 'portal.example', port: 443 },
    { host: '2001:db8::1', port: 80 },
  ])
})
