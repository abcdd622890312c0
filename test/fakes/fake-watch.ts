import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { Flag, FlagLine } from '../../rules/reports/flag.ts'

/** The socket of `watch`: tells its live flags to whoever listens, and then the news. */
export interface FakeWatch extends AsyncDisposable {
  readonly listeners: number
  /** A live flag, told at once and to every later listener. `release` takes the account's flag of that rule away. */
  flag(flag: Flag): void
  /** Text that is sent as it is. */
  say(text: string): void
  /** Cuts every listener off. */
  cut(): void
}

/** `status` is what `GET /status` answers. */
export async function createFakeWatch(socketPath: string, status?: object): Promise<FakeWatch> {
  const live = new Map<string, Flag>()
  const listeners = new Set<ServerResponse>()
  const lineOf = (line: FlagLine): string => `${JSON.stringify(line)}\n`
  const server = createServer((request, response) => {
    if (request.url === '/status' && status !== undefined) {
      response.end(JSON.stringify(status))
      return
    }
    if (request.url !== '/flags') {
      response.writeHead(404).end()
      return
    }
    response.writeHead(200, { 'content-type': 'application/x-ndjson' })
    for (const flag of live.values()) response.write(lineOf(flag))
    response.write(lineOf({ kind: 'snapshot-end' }))
    listeners.add(response)
    response.once('close', () => listeners.delete(response))
  })
  server.listen(socketPath)
  await once(server, 'listening')
  const say = (text: string): void => {
    for (const listener of listeners) listener.write(text)
  }
  const cut = (): void => {
    for (const listener of listeners) listener.destroy()
  }
  return {
    get listeners() {
      return listeners.size
    },
    flag(flag) {
      const key = JSON.stringify([flag.account, flag.rule])
      if (flag.action === 'release') live.delete(key)
      else live.set(key, flag)
      say(lineOf(flag))
    },
    say,
    cut,
    async [Symbol.asyncDispose]() {
      cut()
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

/** A flag; a test names only what it is about. */
export function aFlag(fields: Partial<Flag> = {}): Flag {
  return {
    kind: 'flag',
    at: '2024-07-27T03:00:00.000Z',
    account: '01234_BV',
    facility: '01234',
    rule: 'absolute',
    action: 'suspend',
    requests: 350,
    subjects: 350,
    sources: ['20.0.0.77'],
    evidence: { vi: '350 lượt tra cứu trong một phút', en: '350 look-ups within a minute' },
    until: null,
    ...fields,
  }
}
