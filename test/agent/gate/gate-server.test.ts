import { once } from 'node:events'
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createAnswerPace } from '../../../agent/gate/answer-pace.ts'
import { createGateServer } from '../../../agent/gate/gate-server.ts'
import { listenGate } from '../../../agent/gate/listen-gate.ts'
import { leaveStaleSocket } from '../../support/stale-socket.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { until } from '../../support/until.ts'

const QUESTION = 'GET / HTTP/1.1\r\nX-Original-URI: /a\r\nX-Real-IP: 203.0.113.7\r\n\r\n'

/** A server that lets everything through, and what it was asked. */
async function aServer(questionMs = 10_000) {
  const folder = await temporaryFolder()
  const path = `${folder}/gate.sock`
  const asked: string[] = []
  const pace = createAnswerPace(() => performance.now())
  onTestFinished(() => pace[Symbol.dispose]())
  const server = createGateServer({
    desk: {
      decide({ uri }) {
        asked.push(uri)
        return { status: 204, reason: undefined, would: [] }
      },
    },
    answers: () => ({ write: (response) => void response.writeHead(204, { 'Content-Length': '0' }).end() }),
    clock: { nowMs: () => 0 },
    pace,
    questionMs,
  })
  const listening = await listenGate(server, path, 0o660)
  let isOpen = true
  const close = async (): Promise<void> => {
    if (isOpen) await listening[Symbol.asyncDispose]()
    isOpen = false
  }
  onTestFinished(close)
  return { path, asked, close }
}

interface Client {
  readonly socket: Socket
  /** All that came. */
  readonly text: () => string
  readonly isClosed: () => boolean
}

async function client(path: string): Promise<Client> {
  const socket = connect(path)
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  let [text, isClosed] = ['', false]
  socket.on('data', (chunk) => {
    text += String(chunk)
  })
  socket
    .on('error', () => undefined)
    .on('close', () => {
      isClosed = true
    })
  return { socket, text: () => text, isClosed: () => isClosed }
}

const answersIn = (text: string): string[] => [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status = '']) => status)

async function askOnce(path: string, bytes: string): Promise<string[]> {
  const { socket, text, isClosed } = await client(path)
  socket.write(bytes)
  await until('an answer', () => isClosed() || answersIn(text()).length > 0 || undefined, { everyMs: 2 })
  return answersIn(text())
}

describe('createGateServer', () => {
  it('is open to the group that it is told, and to nobody else', async () => {
    const { path } = await aServer()
    expect(statSync(path).mode & 0o777).toBe(0o660)
  })

  it('answers a question that comes byte by byte, and several in one piece in their order', async () => {
    const { path, asked } = await aServer()
    const slow = await client(path)
    for (const byte of QUESTION.split('')) slow.socket.write(byte)
    await until('it is answered', () => answersIn(slow.text()).length === 1 || undefined, { everyMs: 2 })
    const quick = await client(path)
    quick.socket.write(QUESTION.repeat(3).replace('/a', '/b'))
    await until('all are answered', () => answersIn(quick.text()).length === 3 || undefined, { everyMs: 2 })
    expect(asked).toEqual(['/a', '/b', '/a', '/a'])
  })

  it.each<[string, string, string[]]>([
    ['headers of a megabyte', `GET / HTTP/1.1\r\nX: ${'x'.repeat(1_000_000)}\r\n\r\n`, ['431']],
    ['a hundred thousand headers', `GET / HTTP/1.1\r\n${'a:\r\n'.repeat(100_000)}\r\n`, ['431']],
    ['no HTTP', '\x16\x03\x01\x02\x00\x01\x00', ['400']],
    ['two lengths', 'GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab', ['400']],
    [
      'a length and chunks',
      `GET / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${QUESTION}`,
      ['400'],
    ],
    ['a header without end of line', 'GET / HTTP/1.1\rX: y\r\n\r\n', ['400']],
    ['another path', QUESTION.replace('GET /', 'GET /x'), ['404']],
    ['another method', QUESTION.replace('GET', 'POST'), ['405']],
  ])('refuses %s and answers others', async (_what, bytes, statuses) => {
    const { path } = await aServer()
    expect(await askOnce(path, bytes)).toEqual(statuses)
    expect(await askOnce(path, QUESTION)).toEqual(['204'])
  })

  it('cuts off who begins a question and does not end it, and nobody who only keeps a connection', async () => {
    const { path } = await aServer(100)
    const [idle, silent] = [await client(path), await client(path)]
    idle.socket.write(QUESTION)
    silent.socket.write(QUESTION.slice(0, 40))
    await until('it is cut off', () => silent.isClosed() || undefined, { everyMs: 5 })
    expect(answersIn(silent.text())).toEqual(['408'])
    idle.socket.write(QUESTION)
    await until('it is answered again', () => answersIn(idle.text()).length === 2 || undefined, { everyMs: 2 })
  })

  it('answers while a thousand others hold connections and say nothing', async () => {
    const { path } = await aServer()
    await Promise.all(Array.from({ length: 1000 }, () => client(path)))
    expect(await askOnce(path, QUESTION)).toEqual(['204'])
  })

  it('answers what has begun to be asked before it closes, and lets nobody else in', async () => {
    const { path, close } = await aServer()
    const [begun, idle] = [await client(path), await client(path)]
    idle.socket.write(QUESTION)
    await until('it is answered', () => answersIn(idle.text()).length === 1 || undefined, { everyMs: 2 })
    // In one piece with a whole one: when that is answered, this is read.
    begun.socket.write(`${QUESTION}${QUESTION.slice(0, 40)}`)
    await until('it is read', () => answersIn(begun.text()).length === 1 || undefined, { everyMs: 2 })
    const closing = close()
    await until('idle connections are ended', () => idle.isClosed() || undefined, { everyMs: 2 })
    await expect(client(path)).rejects.toThrow(/ENOENT|ECONNREFUSED/)
    begun.socket.write(QUESTION.slice(40))
    await closing
    await until('it is closed', () => begun.isClosed() || undefined, { everyMs: 2 })
    expect(answersIn(begun.text())).toEqual(['204', '204'])
  })
})

describe('listenGate', () => {
  it('takes the place of a socket that a killed process left, and of no other', async () => {
    const folder = await temporaryFolder()
    const path = `${folder}/gate.sock`
    await leaveStaleSocket(path)
    await using listening = await listenGate(createServer(), path, 0o600)
    expect(await listening.isFound()).toBe(true)
    await expect(listenGate(createServer(), path, 0o600)).rejects.toMatchObject({ code: 'GATE_SOCKET_IN_USE' })
    rmSync(path)
    expect(await listening.isFound()).toBe(false)
  })

  it.each([
    ['/dev/null', /something else at this path, no socket; move it away/],
    ['none/gate.sock', /there is no folder ".*none"; systemd-tmpfiles --create/],
    ['file/gate.sock', /there is no folder/],
    ['file', /no socket/],
    ['/proc/gate.sock', /there is no folder|may not write into "\/proc"/],
  ])('says what to do about %s, and takes nothing away', async (name, words) => {
    const folder = await temporaryFolder()
    writeFileSync(`${folder}/file`, 'x')
    const failure = listenGate(createServer(), name.startsWith('/') ? name : `${folder}/${name}`, 0o600)
    await expect(failure).rejects.toMatchObject({ code: 'GATE_SOCKET_UNUSABLE', message: expect.stringMatching(words) })
    expect(readFileSync(`${folder}/file`, 'utf8')).toBe('x')
  })
})

describe('what a client may write into a header', () => {
  it.each(['User-Agent', 'accessToken', 'Authorization'])(
    'control characters in %s keep no question from being judged',
    async (name) => {
      const { path, asked } = await aServer()
      const { socket, text } = await client(path)
      for (const character of ['\x01', '\x1b', '\x7f', '\xff']) {
        const before = asked.length
        socket.write(Buffer.from(QUESTION.replace('\r\n\r\n', `\r\n${name}: a${character}b\r\n\r\n`), 'latin1'))
        await until(`the answer to ${JSON.stringify(character)}`, async () => (asked.length > before ? true : undefined))
      }
      expect(text()).not.toContain('400')
    },
  )
})
