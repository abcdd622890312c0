import fastify, { type FastifyInstance } from 'fastify'
import { AddressError } from '../../rules/addresses/address-error.ts'
import type { Block } from '../../rules/addresses/block.ts'
import { parseBlock } from '../../rules/addresses/parse-block.ts'
import type { WhyAnswer } from '../why/why-answer.ts'
import type { AgentStatus } from './agent-status.ts'
import { readinessOf } from './readiness.ts'
import { createStatusMetrics } from './status-metrics.ts'
import { PAGE_POLICY, statusPage } from './status-page.ts'

export interface StatusServerOptions {
  /** Copies the status from memory; called for each answer. */
  readonly read: () => AgentStatus
  /** Why a source is let in or not, from memory; absent where nobody knows. */
  readonly why?: (source: Block) => WhyAnswer
  /**
   * Where it is offered. On loopback only loopback names are answered: any name that an attacker's DNS points at 127.0.0.1 would otherwise let a page
   * in an administrator's browser read the status (DNS rebinding). No web page can reach a unix socket.
   */
  readonly place: 'socket' | 'loopback'
}

const LOOPBACK_HOST = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?$/i

/** The local status: answers from memory, and no route changes anything. */
export function createStatusServer({ read, why, place }: StatusServerOptions): FastifyInstance {
  const metrics = createStatusMetrics(read)
  const app = fastify({ bodyLimit: 1, requestTimeout: 10_000, keepAliveTimeout: 5000, forceCloseConnections: true })
  app.addHook('onRequest', async (request, reply) => {
    reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff').header('referrer-policy', 'no-referrer')
    if (place === 'loopback' && !LOOPBACK_HOST.test(request.headers.host ?? ''))
      return reply.code(421).send({ error: 'this host name is not answered here' })
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return reply.code(405).header('allow', 'GET, HEAD').send({ error: 'nothing can be changed here' })
    return undefined
  })
  app.get('/healthz', () => ({ status: 'alive' }))
  app.get('/readyz', (_request, reply) => {
    const { isReady, why } = readinessOf(read())
    return reply.code(isReady ? 200 : 503).send({ status: isReady ? 'ready' : 'not-ready', why })
  })
  app.get('/status', () => read())
  app.get<{ Querystring: { ip?: unknown } }>('/why', (request, reply) => {
    const source = findHost(request.query.ip)
    if (source === undefined || why === undefined)
      return reply.code(400).send({ error: 'ask for one address: /why?ip=14.225.0.7' })
    return reply.send(why(source))
  })
  app.get('/metrics', async (_request, reply) => reply.type(metrics.contentType).send(await metrics.metrics()))
  app.get('/', (_request, reply) =>
    reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', PAGE_POLICY)
      .header('x-frame-options', 'DENY')
      .send(statusPage(read())),
  )
  app.setNotFoundHandler((_request, reply) => reply.code(404).send({ error: 'no such path' }))
  return app
}

/** One address in canonical form; `undefined` for all else. */
function findHost(text: unknown): Block | undefined {
  if (typeof text !== 'string') return undefined
  try {
    const block = parseBlock(text)
    return block.includes('/') ? undefined : block
  } catch (error) {
    if (error instanceof AddressError) return undefined
    throw error
  }
}
