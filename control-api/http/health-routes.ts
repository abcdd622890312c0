import { Gauge } from 'prom-client'
import { Type } from 'typebox'
import { PublicationError } from '../publication/publication-error.ts'
import { StoreError } from '../store/store-error.ts'
import { anyone } from './access.ts'
import type { ControlApp, ControlContext } from './context.ts'

const Readiness = Type.Object({
  ready: Type.Boolean(),
  store: Type.String({ description: '`ok` or a code' }),
  publication: Type.String({ description: '`ok` or a code; `EXPIRED` where edges no longer believe the metadata' }),
  revision: Type.Integer(),
  timestampExpiresAt: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
  rootExpiresAt: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
})

/** `/healthz`, `/readyz`, `/metrics` and the plain page at `/`. */
export function registerHealthRoutes(app: ControlApp, context: ControlContext): void {
  const { store, publisher, clock, metrics } = context
  registerGauges(context)

  app.get(
    '/healthz',
    {
      onRequest: anyone,
      schema: { tags: ['state'], summary: 'The process answers', response: { 200: Type.Object({ status: Type.String() }) } },
    },
    async () => ({ status: 'ok' }),
  )

  app.get(
    '/readyz',
    {
      onRequest: anyone,
      schema: {
        tags: ['state'],
        summary: 'Database, keys and signed repository are usable',
        response: { 200: Readiness, 503: Readiness },
      },
    },
    async (_request, reply) => {
      const storeCode = await codeOf(() => store.read((db) => db.selectFrom('revision').select('revision').limit(1).execute()))
      const status = await publisher.status().catch((error: unknown) => codeFrom(error))
      const isRead = typeof status !== 'string'
      const publication = isRead ? expiredOr(status.timestampExpiresAtMs, status.rootExpiresAtMs, clock.nowMs()) : status
      const ready = storeCode === 'ok' && publication === 'ok'
      return reply.code(ready ? 200 : 503).send({
        ready,
        store: storeCode,
        publication,
        revision: publisher.revision,
        timestampExpiresAt: isRead ? new Date(status.timestampExpiresAtMs).toISOString() : null,
        rootExpiresAt: isRead ? new Date(status.rootExpiresAtMs).toISOString() : null,
      })
    },
  )

  app.get(
    '/metrics',
    { onRequest: anyone, schema: { tags: ['state'], summary: 'Figures for Prometheus; no names, no addresses' } },
    async (_request, reply) => reply.type(metrics.contentType).send(await metrics.metrics()),
  )

  app.get('/', { onRequest: anyone, schema: { hide: true } }, async (_request, reply) =>
    reply.type('text/html; charset=utf-8').send(PAGE),
  )
}

function registerGauges({ publisher, metrics, store }: ControlContext): void {
  new Gauge({
    name: 'edgeward_control_revision',
    help: 'Newest published revision.',
    registers: [metrics],
    collect() {
      this.set(publisher.revision)
    },
  })
  const expiry = new Gauge({
    name: 'edgeward_control_metadata_expires_seconds',
    help: 'Unix time at which edges stop believing this role’s metadata.',
    labelNames: ['role'],
    registers: [metrics],
    async collect() {
      const status = await publisher.status().catch(() => undefined)
      expiry.reset()
      if (status === undefined) return
      expiry.set({ role: 'timestamp' }, status.timestampExpiresAtMs / 1000)
      expiry.set({ role: 'root' }, status.rootExpiresAtMs / 1000)
    },
  })
  new Gauge({
    name: 'edgeward_control_agents',
    help: 'Agents enrolled and not revoked.',
    registers: [metrics],
    async collect() {
      const row = await store.read((db) =>
        db
          .selectFrom('agent')
          .select((eb) => eb.fn.countAll<number>().as('count'))
          .where('revoked_at_ms', 'is', null)
          .executeTakeFirst(),
      )
      this.set(Number(row?.count ?? 0))
    },
  })
}

async function codeOf(work: () => Promise<unknown>): Promise<string> {
  try {
    await work()
    return 'ok'
  } catch (error) {
    return codeFrom(error)
  }
}

function codeFrom(error: unknown): string {
  return error instanceof StoreError || error instanceof PublicationError ? error.code : 'FAILED'
}

function expiredOr(timestampExpiresAtMs: number, rootExpiresAtMs: number, nowMs: number): string {
  return Math.min(timestampExpiresAtMs, rootExpiresAtMs) > nowMs ? 'ok' : 'EXPIRED'
}

const PAGE = `<!doctype html>
<html lang="vi">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Edgeward</title>
<h1>Edgeward</h1>
<p>Máy chủ điều phối danh sách địa chỉ IP được phép kết nối.<br><span lang="en">Control API of the list of addresses that may connect.</span></p>
<ul>
<li><a href="/openapi.json">OpenAPI</a>
<li><a href="/readyz">readyz</a>
<li><a href="/healthz">healthz</a>
<li><a href="/metrics">metrics</a>
</ul>
</html>
`
