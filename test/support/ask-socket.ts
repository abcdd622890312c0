import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'

/** `GET path` over a unix socket, as JSON. @throws when nobody answers or the answer is not 2xx */
export async function askSocket<T>(socket: string, path: string): Promise<T> {
  const asked = request({ socketPath: socket, path, headers: { accept: 'application/json' } }).end()
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  const chunks: Buffer[] = []
  for await (const chunk of answer) chunks.push(chunk as Buffer)
  const text = String(Buffer.concat(chunks))
  const status = answer.statusCode ?? 0
  if (status < 200 || status > 299) throw new Error(`GET ${path}: ${status} ${text.slice(0, 300)}`)
  return JSON.parse(text) as T
}
