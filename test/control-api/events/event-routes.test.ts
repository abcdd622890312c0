import { createParser } from 'eventsource-parser'
import { describe, expect, it } from 'vitest'
import { type ControlAppSetup, createControlAppSetup } from '../../support/control-app.ts'
import { enrolAgent } from '../../support/enrolled-agent.ts'
import { until } from '../../support/until.ts'

interface Stream {
  readonly status: number
  /** Waits for the next event or comment. */
  next(): Promise<string>
  /** Waits for the end. */
  ended(): Promise<void>
}

async function listen(setup: ControlAppSetup, headers: { authorization: string }, signal?: AbortSignal): Promise<Stream> {
  if (!setup.app.server.listening) await setup.app.listen({ host: '127.0.0.1', port: 0 })
  const address = setup.app.server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const response = await fetch(`http://127.0.0.1:${port}/v1/events`, { headers, signal: signal ?? null })
  const heard: string[] = []
  const parser = createParser({
    onEvent: ({ event, data }) => heard.push(`${event} ${data}`),
    onComment: (comment) => heard.push(`comment ${comment.trim()}`),
  })
  const reader = (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream()).getReader()
  return {
    status: response.status,
    async next() {
      while (heard.length === 0) {
        const { value, done } = await reader.read()
        if (done) return 'end'
        parser.feed(value)
      }
      return heard.shift() ?? ''
    },
    async ended() {
      while (!(await reader.read()).done) heard.length = 0
    },
  }
}

describe('GET /v1/events', () => {
  it('tells the newest revision on connecting, and every one after', async () => {
    const setup = await createControlAppSetup()
    const agent = await enrolAgent(setup, 'edge-1')
    setup.context.events.announce(7)
    const stream = await listen(setup, await agent.authorize('GET', '/v1/events'))
    expect(await stream.next()).toBe('revision {"revision":7}')
    setup.context.events.announce(8)
    setup.context.events.announce(8)
    setup.context.events.announce(9)
    expect([await stream.next(), await stream.next()]).toEqual(['revision {"revision":8}', 'revision {"revision":9}'])
  })

  it('tells of documents beside the lists, each kind by its own number', async () => {
    const setup = await createControlAppSetup()
    setup.context.events.announceSide('policy', 3)
    const stream = await listen(setup, setup.as.reader)
    expect([await stream.next(), await stream.next()]).toEqual(['revision {"revision":0}', 'policy {"version":3}'])
    setup.context.events.announceSide('grants', 2)
    setup.context.events.announceSide('policy', 3)
    setup.context.events.announceSide('grants', 3)
    expect([await stream.next(), await stream.next()]).toEqual(['grants {"version":2}', 'grants {"version":3}'])
  })

  it('leaves room for others, however many one person asks for, and takes him again when he has ended one', async () => {
    const setup = await createControlAppSetup({ config: 'server: {maxStreamsEach: 2}' })
    const ending = new AbortController()
    const streams = [await listen(setup, setup.as.reader, ending.signal), await listen(setup, setup.as.reader)]
    expect(streams.map(({ status }) => status)).toEqual([200, 200])
    expect((await listen(setup, setup.as.reader)).status).toBe(503)
    expect((await listen(setup, setup.as.operator)).status).toBe(200)
    ending.abort()
    await until('there is room again', async () => ((await listen(setup, setup.as.reader)).status === 200 ? true : undefined))
  })

  it('gives a sign of life', async () => {
    const setup = await createControlAppSetup({ config: 'server: {heartbeatS: 1}' })
    const stream = await listen(setup, setup.as.reader)
    expect([await stream.next(), await stream.next()]).toEqual(['revision {"revision":0}', 'comment alive'])
  })

  it('ends at once for an agent that is revoked, and not for others', async () => {
    const setup = await createControlAppSetup()
    const agent = await enrolAgent(setup, 'edge-1')
    const stream = await listen(setup, await agent.authorize('GET', '/v1/events'))
    const other = await listen(setup, setup.as.reader)
    await setup.app.inject({
      method: 'DELETE',
      url: `/v1/agents/${agent.id}`,
      headers: setup.as.operator,
      payload: { reason: 'stolen' },
    })
    await stream.ended()
    expect(await other.next()).toBe('revision {"revision":0}')
    setup.context.events.announce(1)
    expect(await other.next()).toBe('revision {"revision":1}')
  })

  it('ends when the service stops, without holding it up', async () => {
    const setup = await createControlAppSetup()
    const stream = await listen(setup, setup.as.reader)
    await stream.next()
    await Promise.all([setup.app.close(), stream.ended()])
  })

  it('takes hundreds of streams and no more than it is told to', async () => {
    const setup = await createControlAppSetup({ config: 'server: {maxStreams: 300, maxStreamsEach: 300}' })
    const first = await listen(setup, setup.as.reader)
    const rest = await Promise.all(Array.from({ length: 299 }, () => listen(setup, setup.as.reader)))
    const streams = [first, ...rest]
    expect((await listen(setup, setup.as.reader)).status).toBe(503)
    setup.context.events.announce(5)
    const last = await Promise.all(streams.map(async (stream) => [await stream.next(), await stream.next()][1]))
    expect(new Set(last)).toEqual(new Set(['revision {"revision":5}']))
  })
})
