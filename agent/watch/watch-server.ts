import { chmod, stat } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { dirname } from 'node:path'
import fastify, { type FastifyInstance } from 'fastify'
import type { FlagLine } from '../../rules/reports/flag.ts'
import type { Gate } from '../gate/gate.ts'
import { addGateRoutes } from '../gate/gate-routes.ts'
import { isAnswered } from '../status/is-answered.ts'
import { removeStaleSocket } from '../status/remove-stale-socket.ts'
import { socketAdvice } from '../status/socket-advice.ts'
import type { Timers } from '../time/timers.ts'
import type { FlagSource } from './flag-book.ts'
import type { SeenAccount } from './tally-maker.ts'
import type { TallySource } from './tally-ring.ts'
import { WatchError } from './watch-error.ts'
import { createWatchMetrics } from './watch-metrics.ts'
import type { WatchStatus } from './watch-status.ts'

const SOCKET_MODE = 0o660
/** The promise is ten seconds. */
const ALIVE_MS = 5000
const MAX_LISTENERS = 16
/** A listener that reads nothing is cut off, not waited for. */
const MAX_WAITING_BYTES = 1 << 20
/** Accounts that one question may name. */
const MAX_ASKED = 100
const TOKENS = /^[a-p]{16}(?:,[a-p]{16})*$/

export interface WatchServerOptions {
  readonly flags: FlagSource
  /** Copied from memory; called for each answer. */
  readonly readStatus: () => WatchStatus
  /** What goes to central, and who is meant by what comes back; without it nothing is offered. */
  readonly tallies?: TallySource
  readonly findAccounts?: (tokens: readonly string[]) => Promise<readonly SeenAccount[]>
  /** What proxies ask, where there is one. */
  readonly gate?: Gate
  readonly timers: Timers
}

/** Tells the flags, the status and the metrics. No route changes anything. */
export function createWatchServer({
  flags,
  readStatus,
  tallies,
  findAccounts,
  gate,
  timers,
}: WatchServerOptions): FastifyInstance {
  const metrics = createWatchMetrics(readStatus)
  const app = fastify({ bodyLimit: 1, requestTimeout: 10_000, forceCloseConnections: true })
  app.addHook('onRequest', async (request, reply) => {
    reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff')
    if (request.method === 'GET' || request.method === 'HEAD') return undefined
    return reply.code(405).header('allow', 'GET, HEAD').send({ error: 'nothing can be changed here' })
  })
  app.get('/flags', { exposeHeadRoute: false }, (_request, reply) => {
    if (flags.listeners >= MAX_LISTENERS) {
      void reply.code(503).send({ error: 'too many listeners' })
      return
    }
    reply.hijack()
    streamFlags(reply.raw)
  })
  app.get('/healthz', () => ({ status: 'alive' }))
  app.get('/readyz', (_request, reply) => {
    const { isReady } = readStatus()
    return reply.code(isReady ? 200 : 503).send({ status: isReady ? 'ready' : 'catching-up' })
  })
  app.get('/status', () => readStatus())
  app.get('/metrics', async (_request, reply) => reply.type(metrics.contentType).send(await metrics.metrics()))
  app.get('/tallies', () => ({
    tallies: (tallies?.held() ?? []).map(({ boot, sequence, isWhole, bytes }) => ({
      boot,
      sequence,
      isWhole,
      bytes: bytes.length,
    })),
  }))
  app.get<{ Params: { boot: string; sequence: string } }>('/tallies/:boot/:sequence', ({ params }, reply) => {
    const tally = tallies?.find(params.boot, Number(params.sequence))
    if (tally === undefined) return reply.code(404).send({ error: 'no such tally, or no longer' })
    return reply.type('application/octet-stream').send(Buffer.from(tally.bytes))
  })
  app.get<{ Querystring: { tokens?: string } }>('/accounts', async ({ query }, reply) => {
    const tokens = typeof query.tokens === 'string' && TOKENS.test(query.tokens) ? query.tokens.split(',') : []
    if (tokens.length === 0 || tokens.length > MAX_ASKED)
      return reply.code(400).send({ error: `tokens must name 1 to ${MAX_ASKED} accounts` })
    return { accounts: (await findAccounts?.(tokens)) ?? [] }
  })
  if (gate !== undefined) addGateRoutes(app, gate)
  app.setNotFoundHandler((_request, reply) => reply.code(404).send({ error: 'no such path' }))

  function streamFlags(response: ServerResponse): void {
    const say = (line: FlagLine): void => {
      response.write(`${JSON.stringify(line)}\n`)
      if (response.writableLength > MAX_WAITING_BYTES) response.destroy()
    }
    let alive: Disposable | undefined
    const sayAlive = (): void => {
      say({ kind: 'alive' })
      alive = timers.after(ALIVE_MS, sayAlive)
    }
    response.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' })
    for (const flag of flags.live()) say(flag)
    say({ kind: 'snapshot-end' })
    const listening = flags.listen(say)
    alive = timers.after(ALIVE_MS, sayAlive)
    response.once('close', () => {
      alive?.[Symbol.dispose]()
      listening[Symbol.dispose]()
    })
  }

  return app
}

/**
 * Listens on the unix socket. It also keeps a second watch from starting: two would write the same positions.
 * @throws WatchError WATCH_SOCKET_IN_USE, WATCH_SOCKET_UNUSABLE
 */
export async function listenWatch(app: FastifyInstance, socketPath: string): Promise<AsyncDisposable> {
  if (await isAnswered(socketPath)) {
    throw new WatchError('WATCH_SOCKET_IN_USE', `Cannot start: another watch answers on ${JSON.stringify(socketPath)}`)
  }
  try {
    await stat(dirname(socketPath))
    await removeStaleSocket(socketPath)
    await app.listen({ path: socketPath })
    await chmod(socketPath, SOCKET_MODE)
    return { [Symbol.asyncDispose]: () => app.close() }
  } catch (cause) {
    await app.close()
    const reason = socketAdvice(socketPath, cause, 'it must be there, and of the user that runs watch')
    throw new WatchError('WATCH_SOCKET_UNUSABLE', `Cannot listen on ${JSON.stringify(socketPath)}: ${reason}`, { cause })
  }
}
