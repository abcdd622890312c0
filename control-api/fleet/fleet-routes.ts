import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { Counter, Gauge } from 'prom-client'
import { Type } from 'typebox'
import { SketchError } from '../../rules/detect/sketches/sketch-error.ts'
import type { Tally } from '../../rules/tallies/tally.ts'
import { MAX_TALLY_BYTES, parseTally } from '../../rules/tallies/tally-bytes.ts'
import { TallyError } from '../../rules/tallies/tally-error.ts'
import { actorOf, requireRole } from '../http/access.ts'
import type { ControlApp, ControlContext } from '../http/context.ts'
import { ControlError } from '../http/control-error.ts'
import { heldVerdicts, lastVerdicts, releaseVerdict } from './fleet-rows.ts'
import { FleetVerdictView, viewOf } from './fleet-view.ts'

const TALLY_TYPE = 'application/octet-stream'
const MOST_SHOWN = 500
const tags = ['fleet']

/** What edges count together: their tallies come in, verdicts over all edges are shown and taken back. */
export function registerFleetRoutes(app: ControlApp, context: ControlContext): void {
  const { store, fleet, clock, config } = context
  registerMetrics(context)

  // A parser of its own, so that no other route takes bytes.
  app.register(async (scope) => {
    const bytes = scope.withTypeProvider<TypeBoxTypeProvider>()
    bytes.addContentTypeParser(TALLY_TYPE, { parseAs: 'buffer', bodyLimit: MAX_TALLY_BYTES }, (_request, body, done) =>
      done(null, body),
    )
    bytes.post(
      '/v1/tallies',
      {
        onRequest: requireRole('agent'),
        bodyLimit: MAX_TALLY_BYTES,
        schema: {
          tags,
          summary: 'What an edge counted of each account, without names: counts and sketches (`rules/tallies`)',
          consumes: [TALLY_TYPE],
          querystring: Type.Object({
            whole: Type.Optional(Type.Boolean({ description: 'it ends a set with all that the edge still held' })),
          }),
          body: Type.Unknown({ description: 'the tally, as `formatTally` writes it' }),
          response: {
            200: Type.Object({
              taken: Type.Integer({ description: 'minutes taken in' }),
              refused: Type.Integer({ description: 'minutes that came too late or from the future' }),
              missing: Type.Integer({ description: 'tallies of this start of the edge that have not come' }),
            }),
          },
        },
      },
      async (request) => {
        const tally = tallyOf(request.body)
        const { taken, refused, missing } = fleet.take(tally, actorOf(request).person, request.query.whole === true)
        return { taken, refused, missing }
      },
    )
  })

  app.get(
    '/v1/fleet',
    {
      onRequest: requireRole('operator', 'approver', 'reader'),
      schema: {
        tags,
        summary: 'Which accounts all edges together hold, and why',
        querystring: Type.Object({
          all: Type.Optional(Type.Boolean({ description: 'also what has ended or was taken back, newest first' })),
        }),
        response: {
          200: Type.Object({
            version: Type.Integer({ description: 'of the signed document that edges see' }),
            edges: Type.Integer({ description: 'edges that sent a tally within ten minutes' }),
            lastTallyAt: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
            refusedMinutes: Type.Integer(),
            droppedParts: Type.Integer(),
            findings: Type.Array(Type.String(), { description: 'caps that bite, exemptions that ended' }),
            verdicts: Type.Array(FleetVerdictView),
          }),
        },
      },
    },
    async ({ query }) => {
      const rows = await store.read((db) => (query.all === true ? lastVerdicts(db, MOST_SHOWN) : heldVerdicts(db)))
      const { version, edges, lastTallyAtMs, refusedMinutes, droppedParts, findings } = fleet.figures()
      const lastTallyAt = lastTallyAtMs === undefined ? null : new Date(lastTallyAtMs).toISOString()
      return { version, edges, lastTallyAt, refusedMinutes, droppedParts, findings: [...findings], verdicts: rows.map(viewOf) }
    },
  )

  app.post(
    '/v1/fleet/:id/release',
    {
      onRequest: requireRole('operator', 'approver'),
      schema: {
        tags,
        summary:
          'Take a verdict back: every edge lets the account go within seconds; what was counted before acts no more, and only the absolute limits judge it for a while',
        params: Type.Object({ id: Type.String({ maxLength: 64 }) }),
        body: Type.Object(
          {
            reason: Type.String({ minLength: 3, maxLength: 500, pattern: '\\S' }),
            quietHours: Type.Optional(Type.Integer({ minimum: 1, maximum: 720 })),
          },
          { additionalProperties: false },
        ),
        response: { 204: Type.Null({ description: 'taken back' }) },
      },
    },
    async (request, reply) => {
      const { reason, quietHours = config.fleet.quietHours } = request.body
      await releaseVerdict(store, actorOf(request), { id: request.params.id, reason, quietHours }, clock.nowMs())
      await fleet.work()
      return reply.code(204).send(null)
    },
  )
}

function tallyOf(body: unknown): Tally {
  if (!Buffer.isBuffer(body)) throw new ControlError('WRONG_TYPE', `Send the tally as ${TALLY_TYPE}.`)
  try {
    return parseTally(body)
  } catch (error) {
    if (!(error instanceof TallyError || error instanceof SketchError)) throw error
    throw new ControlError('BAD_REQUEST', error.message, { cause: error, facts: { rule: error.code } })
  }
}

function registerMetrics({ fleet, metrics }: ControlContext): void {
  new Gauge({
    name: 'edgeward_control_fleet_edges',
    help: 'Edges that sent a tally within ten minutes.',
    registers: [metrics],
    collect() {
      this.set(fleet.figures().edges)
    },
  })
  new Gauge({
    name: 'edgeward_control_fleet_parts',
    help: 'Counts of edges held in memory.',
    registers: [metrics],
    collect() {
      this.set(fleet.figures().parts)
    },
  })
  new Gauge({
    name: 'edgeward_control_fleet_known_accounts',
    help: 'Accounts of which it is known what is usual for them over all edges.',
    registers: [metrics],
    collect() {
      this.set(fleet.figures().knownAccounts)
    },
  })
  for (const [name, help, of] of [
    ['tallies', 'Tallies of edges that were taken.', () => fleet.figures().tallies],
    ['dropped_parts', 'Counts of edges for which there was no room.', () => fleet.figures().droppedParts],
    ['refused_minutes', 'Minutes of tallies that came too late or from the future.', () => fleet.figures().refusedMinutes],
  ] as const) {
    new Counter({
      name: `edgeward_control_fleet_${name}_total`,
      help,
      registers: [metrics],
      collect() {
        this.reset()
        this.inc(of())
      },
    })
  }
}
