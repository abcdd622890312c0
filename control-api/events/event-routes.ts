import type { FastifyRequest } from 'fastify'
import { Gauge } from 'prom-client'
import { personOf } from '../access/person-tokens.ts'
import { actorOf, requireRole } from '../http/access.ts'
import type { ControlApp, ControlContext } from '../http/context.ts'
import { ControlError } from '../http/control-error.ts'
import { openEventStream } from './event-stream.ts'

/** `GET /v1/events`: "revision N exists", and the same of the documents beside the lists, at once on connecting and after every publication. */
export function registerEventRoutes(app: ControlApp, context: ControlContext): void {
  const { events, config, metrics } = context
  const open = new Set<() => void>()
  /** How many of them each agent and person holds. */
  const heldBy = new Map<string, number>()
  new Gauge({
    name: 'edgeward_control_event_streams',
    help: 'Event streams that are open.',
    registers: [metrics],
    collect() {
      this.set(open.size)
    },
  })
  app.addHook('preClose', async () => {
    for (const end of open) end()
  })
  app.get(
    '/v1/events',
    {
      onRequest: requireRole('agent', 'reader', 'operator', 'approver'),
      schema: {
        tags: ['events'],
        summary:
          'Event stream: `event: revision`, `data: {"revision":N}`; `event: blocks` (or `policy`, `users`, `grants`), `data: {"version":N}`',
        description: 'Carries only the newest number; agents fetch and verify the rest. A comment line at least every 15 s.',
        response: { 200: { description: 'text/event-stream', content: { 'text/event-stream': { schema: { type: 'string' } } } } },
      },
    },
    async (request, reply) => {
      const { role, person } = actorOf(request)
      const holder = `${role} ${person}`
      const held = heldBy.get(holder) ?? 0
      if (open.size >= config.server.maxStreams) throw new ControlError('BUSY', 'Too many event streams are open; poll instead.')
      if (held >= config.server.maxStreamsEach)
        throw new ControlError('BUSY', `You hold ${held} event streams already: end one of them, or poll instead.`)
      heldBy.set(holder, held + 1)
      reply.hijack()
      const end = openEventStream({
        response: reply.raw,
        hub: events,
        heartbeatMs: config.server.heartbeatS * 1000,
        isAllowed: () => isStillAllowed(context, request),
        onEnd() {
          open.delete(end)
          const left = (heldBy.get(holder) ?? 1) - 1
          if (left > 0) heldBy.set(holder, left)
          else heldBy.delete(holder)
        },
      })
      open.add(end)
    },
  )
}

async function isStillAllowed({ store, clock }: ControlContext, request: FastifyRequest): Promise<boolean> {
  const { person, role } = actorOf(request)
  if (role !== 'agent') {
    await personOf(store, request.headers.authorization?.slice('Bearer '.length) ?? '', clock.nowMs())
    return true
  }
  const agent = await store.read((db) =>
    db.selectFrom('agent').select('id').where('id', '=', person).where('revoked_at_ms', 'is', null).executeTakeFirst(),
  )
  return agent !== undefined
}
