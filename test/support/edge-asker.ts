import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import { connect, type Socket } from 'node:net'
import { json, text } from 'node:stream/consumers'
import { connect as connectTls } from 'node:tls'
import { fileURLToPath } from 'node:url'
import type { TestNamespace } from './netns.ts'

/** One connection to an edge: bytes as they are, or paths over HTTP/2 with whatever the edge chooses by ALPN. */
export interface EdgeQuestion {
  readonly address: string
  readonly port: number
  /** With TLS; an empty name sends none. */
  readonly serverName?: string
  readonly bytes?: string
  readonly paths?: readonly string[]
  readonly headers?: Readonly<Record<string, string>>
}

export interface EdgeAnswer {
  /** What TLS agreed on; empty without. */
  readonly alpn: string
  readonly localPort: number
  /** Status and reason of each answer. */
  readonly seen: readonly string[]
  readonly error?: string
}

const ASKER_FILE = fileURLToPath(import.meta.url)

/** Asks from inside a namespace. */
export async function askEdge(from: TestNamespace, questions: readonly EdgeQuestion[]): Promise<readonly EdgeAnswer[]> {
  const { stdout } = await from.mustRun(process.execPath, [ASKER_FILE], { input: JSON.stringify(questions) })
  return JSON.parse(stdout) as readonly EdgeAnswer[]
}

if (process.argv[1] === ASKER_FILE) {
  const answers: EdgeAnswer[] = []
  for (const question of (await json(process.stdin)) as EdgeQuestion[]) answers.push(await answerTo(question))
  process.stdout.write(JSON.stringify(answers))
}

async function answerTo(question: EdgeQuestion): Promise<EdgeAnswer> {
  const { address: host, port, serverName, bytes = '', paths } = question
  const isHttp2 = paths !== undefined
  let socket: Socket | undefined
  try {
    if (serverName === undefined) {
      socket = connect({ host, port })
      await once(socket, 'connect')
    } else {
      const servername = serverName === '' ? {} : { servername: serverName }
      const ALPNProtocols = isHttp2 ? ['h2', 'http/1.1'] : ['http/1.1']
      // The certificate is made for the test.
      socket = connectTls({ host, port, ALPNProtocols, rejectUnauthorized: false, ...servername })
      await once(socket, 'secureConnect')
    }
    const { localPort = 0 } = socket
    const alpn = String((socket as Socket & { alpnProtocol?: string | false }).alpnProtocol ?? '')
    if (isHttp2) return { alpn, localPort, seen: await askPaths(socket, question) }
    socket.write(bytes)
    return { alpn, localPort, seen: statusesOf(await text(socket)) }
  } catch (error) {
    return { alpn: '', localPort: 0, seen: [], error: error instanceof Error ? error.message : String(error) }
  } finally {
    socket?.destroy()
  }
}

async function askPaths(socket: Socket, { serverName = '', paths = [], headers = {} }: EdgeQuestion): Promise<string[]> {
  const session = connectHttp2(`https://${serverName}`, { createConnection: () => socket })
  const seen: string[] = []
  for (const path of paths) {
    const stream = session.request({ ':path': path, ...headers })
    stream.end()
    const [answer] = (await once(stream, 'response')) as [Record<string, string | number>]
    await text(stream)
    seen.push(`${answer[':status']} ${answer['x-edgeward-reason'] ?? ''}`.trim())
  }
  session.destroy()
  return seen
}

function statusesOf(whole: string): string[] {
  const heads = whole.split(/(?=HTTP\/1\.[01] \d{3})/).filter((part) => part.startsWith('HTTP/'))
  return heads.map((head) =>
    `${head.slice(9, 12)} ${/\r\nx-edgeward-reason: (\S+)/i.exec(head.slice(0, head.indexOf('\r\n\r\n')))?.[1] ?? ''}`.trim(),
  )
}
