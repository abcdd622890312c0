import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { Clock } from '../../rules/time/clock.ts'
import type { AnswerPace } from './answer-pace.ts'
import type { GateAnswers } from './gate-answers.ts'
import type { GateDesk } from './gate-desk.ts'

/** A proxy passes a target and headers of at most 8 KiB each; four of them are the most that it takes. */
const MAX_HEADER_BYTES = 65_536
/** Longer than a proxy keeps a connection, so that it is never closed under a question. */
const KEEP_ALIVE_MS = 120_000
/** A proxy sends its question in one piece: whoever takes longer is no proxy of ours, and is cut off. */
const QUESTION_MS = 10_000

export interface GateServerParts {
  readonly desk: Pick<GateDesk, 'decide'>
  readonly answers: () => GateAnswers
  readonly clock: Clock
  readonly pace: AnswerPace
  /** So long a question may take to come. */
  readonly questionMs?: number
}

/**
 * Answers proxies: `GET /` with the status as it is, `GET /auth_request` as nginx takes it. What the proxy tells stands in headers, and nothing
 * else is read: X-Original-URI, X-Original-Method, X-Real-IP, accessToken, Authorization, User-Agent.
 */
export function createGateServer({ desk, answers, clock, pace, questionMs = QUESTION_MS }: GateServerParts): Server {
  const server = createServer({
    maxHeaderSize: MAX_HEADER_BYTES,
    // Proxies hand control characters of a client's headers on. Answered with 400, nobody has judged the request: the shipped nginx
    // refuses it, and one that takes every fault for a gate that is away passes it.
    insecureHTTPParser: true,
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: questionMs,
    requestTimeout: questionMs,
    connectionsCheckingInterval: questionMs / 2,
    requireHostHeader: false,
  })
  server.on('request', (asked, response) => {
    pace.begin()
    response.sendDate = false
    // Two ends of one question (RFC 9112 §6.3), which that parser takes: nothing behind it is read.
    if (asked.headers['transfer-encoding'] !== undefined && asked.headers['content-length'] !== undefined) {
      response.writeHead(400, { Connection: 'close' }).end(() => asked.socket.destroy())
      return
    }
    const form = asked.url === '/auth_request' ? 'auth_request' : asked.url === '/' ? 'plain' : undefined
    if (form === undefined || (asked.method !== 'GET' && asked.method !== 'HEAD')) {
      response.writeHead(form === undefined ? 404 : 405, { 'Content-Length': '0' }).end()
      return
    }
    const { headers } = asked
    const [uri, ip] = [textOf(headers, 'x-original-uri'), textOf(headers, 'x-real-ip')]
    const decision =
      uri === undefined || ip === undefined
        ? undefined
        : desk.decide(
            {
              atMs: clock.nowMs(),
              uri,
              ip,
              method: textOf(headers, 'x-original-method') ?? 'GET',
              accessToken: textOf(headers, 'accesstoken'),
              authorization: headers.authorization,
            },
            headers['user-agent'],
          )
    if (decision === undefined) response.writeHead(400, { 'Content-Length': '0' }).end()
    else answers().write(response, decision, form)
    pace.end()
  })
  return server
}

/** An empty header is none: nginx sends none for a variable without value, others send it empty. */
function textOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}
