import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { trackConnections } from '../../../control-api/http/track-connections.ts'

describe('trackConnections', () => {
  it('ends connections that carry nothing, and leaves a running request alone', async () => {
    const asked = Promise.withResolvers<() => void>()
    const server = createServer((_request, response) => asked.resolve(() => response.end('done')))
    const connections = trackConnections(server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => server.closeAllConnections())
    const { port } = server.address() as AddressInfo

    const silent = connect(port, '127.0.0.1')
    await once(server, 'connection')
    const answer = fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } })
    const finish = await asked.promise
    const ended = once(silent, 'close')
    silent.resume()
    connections.closeSilent()
    await ended
    finish()
    expect(await (await answer).text()).toBe('done')
    await new Promise((closed) => server.close(closed))
  })
})
