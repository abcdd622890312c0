import { once } from 'node:events'
import { chmod, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text as textOf } from 'node:stream/consumers'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createHttpSender, type HttpSenderOptions } from '../../../control-api/sms/create-http-sender.ts'
import { aMessage, describeSmsSenderContract } from '../../contracts/sms-sender.contract.ts'
import { createMovableClock } from '../../support/movable-clock.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

interface Asked {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: string
}

async function createHttpLab(
  { query = '', ...changes }: Partial<HttpSenderOptions> & { query?: string } = {},
  hasAccents = true,
) {
  const asked: Asked[] = []
  const answers: { status: number; body?: string; headers?: Record<string, string> }[] = []
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await textOf(request)
    const next = answers.shift() ?? { status: 200, body: '{"status":"ok","id":"g-7"}' }
    asked.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body })
    response.writeHead(next.status, next.headers ?? {}).end(next.body ?? '')
  }
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const secretFile = join(await temporaryFolder(), 'secret')
  await writeFile(secretFile, 'hush&=\n')
  await chmod(secretFile, 0o600)
  const clock = createMovableClock(Date.UTC(2026, 2, 2))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const options: HttpSenderOptions = {
    url: `${url}/send${query}`,
    method: 'POST',
    headers: { authorization: 'Bearer {secret}' },
    contentType: 'application/json',
    body: '{"to":"{phone}","text":"{text}","ref":"{id}"}',
    secretFile,
    receiptSecretFile: null,
    successPattern: '"status":"ok"',
    idPattern: '"id":"([^"]+)"',
    timeoutS: 10,
    ...changes,
  }
  const sender = createHttpSender({ options, hasAccents, clock, pace: { turn: async () => undefined, pause: () => undefined } })
  const close = async (): Promise<void> => {
    server.closeAllConnections()
    if (server.listening) await new Promise((closed) => server.close(closed))
  }
  onTestFinished(close)
  return { sender, clock, asked, answers, secretFile, close }
}

describeSmsSenderContract('createHttpSender', async () => {
  const lab = await createHttpLab()
  const refusals = {
    throttled: { status: 429, headers: { 'retry-after': '7' } },
    temporary: { status: 503 },
    permanent: { status: 400 },
  }
  const refused: unknown[] = []
  return {
    sender: lab.sender,
    clock: lab.clock,
    texts: () => lab.asked.slice(refused.length).map(({ body }) => (JSON.parse(body) as { text: string }).text),
    refuseNext(how) {
      refused.push(how)
      lab.answers.push(refusals[how])
    },
    takeAway: async () => {
      await lab.close()
      await lab.sender.send(aMessage(lab.clock))
    },
  }
})

describe('createHttpSender', () => {
  it('fills the template so that no text ends its field, and reads the id', async () => {
    const { sender, clock, asked } = await createHttpLab()
    const text = 'a "b" {phone}\n\\'
    expect(await sender.send(aMessage(clock, { text }))).toEqual({ kind: 'accepted', messageId: 'g-7', parts: 1 })
    expect(JSON.parse(asked[0]?.body ?? '')).toEqual({ to: '84900000001', text, ref: 'sms-1' })
    expect(asked[0]?.headers.authorization).toBe('Bearer hush&=')
  })

  it.each([
    ['application/x-www-form-urlencoded', 'to={phone}&text={text}&key={secret}', 'to=84900000001&text=a%26b%20c&key=hush%26%3D'],
    ['text/xml', '<sms to="{phone}">{text}</sms>', '<sms to="84900000001">a&#38;b c</sms>'],
  ])('writes a body of %s', async (contentType, body, expected) => {
    const { sender, clock, asked } = await createHttpLab({ contentType, body })
    await sender.send(aMessage(clock, { text: 'a&b c' }))
    expect(asked[0]?.body).toBe(expected)
  })

  it('asks by GET with everything in the address, without accents where told', async () => {
    const { sender, clock, asked } = await createHttpLab({ method: 'GET', query: '?to={phone}&text={text}&key={secret}' }, false)
    await sender.send(aMessage(clock, { text: 'Đã bị thu hồi' }))
    expect(asked[0]).toMatchObject({
      method: 'GET',
      url: '/send?to=84900000001&text=Da%20bi%20thu%20hoi&key=hush%26%3D',
      body: '',
    })
  })

  it.each([
    [{ status: 200, body: '{"status":"failed"}' }, 'temporary', 'GATEWAY_FAILED', 'an error that says 200'],
    [
      { status: 302, headers: { location: 'http://198.51.100.1/' } },
      'permanent',
      'MESSAGE_REFUSED',
      'another place gets no secret',
    ],
    [{ status: 401 }, 'temporary', 'BIND_REFUSED', 'a wrong secret is no fault of the message'],
  ])('calls %j %s', async (answer, kind, code, _why) => {
    const { sender, clock, answers } = await createHttpLab()
    answers.push(answer)
    expect(await sender.send(aMessage(clock))).toMatchObject({ kind, code })
  })

  it('waits as long as it is told', async () => {
    const { sender, clock, answers } = await createHttpLab()
    answers.push({ status: 429, headers: { 'retry-after': '7' } })
    expect(await sender.send(aMessage(clock))).toEqual({ kind: 'throttled', retryAfterMs: 7000 })
  })

  it('sends nothing with a secret that others can read', async () => {
    const { sender, clock, asked, secretFile } = await createHttpLab()
    await chmod(secretFile, 0o640)
    expect(await sender.send(aMessage(clock))).toMatchObject({ kind: 'temporary', code: 'SECRET_EXPOSED' })
    expect(asked).toEqual([])
  })
})
