import { ask, proxyLine, type RawAnswer } from './gate-edge.ts'
import { until } from './until.ts'

/** Asks a HAProxy as hospitals do: each request on a connection of its own, behind a PROXY line that says from where. */
export interface HaproxyAsker {
  /** `request`: the first line without its end. */
  readonly send: (
    request: string,
    more?: { readonly ip?: string; readonly more?: string; readonly body?: string },
  ) => Promise<RawAnswer>
  readonly get: (path: string, account?: string, ip?: string) => Promise<RawAnswer>
  readonly post: (path: string, body: string, ip?: string) => Promise<RawAnswer>
  /** Asks until the answer is as wanted, and gives it. */
  readonly becomes: (wanted: string, request: () => Promise<RawAnswer>) => Promise<RawAnswer>
}

/** Status, and the reason where there is one. */
export function seen({ status, headers }: RawAnswer): string {
  return `${status} ${headers['x-edgeward-reason'] ?? headers['x-edgeward-rehearsal'] ?? ''}`.trim()
}

export function createHaproxyAsker(
  front: Parameters<typeof ask>[0],
  usual: { readonly account: string; readonly ip: string },
): HaproxyAsker {
  const send: HaproxyAsker['send'] = (request, { ip = usual.ip, more = '', body = '' } = {}) => {
    const length = body === '' ? '' : `Content-Length: ${body.length}\r\n`
    return ask(front, `${proxyLine(ip)}${request}\r\nHost: egw.example\r\nConnection: close\r\n${more}${length}\r\n${body}`)
  }
  return {
    send,
    get: (path, account = usual.account, ip = usual.ip) => send(`GET ${path}?username=${account} HTTP/1.1`, { ip }),
    post: (path, body, ip = usual.ip) => send(`POST ${path} HTTP/1.1`, { ip, body }),
    becomes: (wanted, request) =>
      until(wanted, async () => {
        const answer = await request()
        return seen(answer) === wanted ? answer : undefined
      }),
  }
}
