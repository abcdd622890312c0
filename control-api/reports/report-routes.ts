import { Counter } from 'prom-client'
import { Type } from 'typebox'
import { AgentReport } from '../../rules/reports/agent-report.ts'
import { actorOf, requireRole } from '../http/access.ts'
import type { ControlApp, ControlContext } from '../http/context.ts'
import { auditOpenings } from './audit-openings.ts'

/** 200 flags and 200 sources in their longest form stay below. */
const REPORT_BODY_BYTES = 262_144

/** Reports of the edges. */
export function registerReportRoutes(app: ControlApp, { store, reports, clock, metrics }: ControlContext): void {
  const received = new Counter({
    name: 'edgeward_control_reports_total',
    help: 'Reports of agents that were taken.',
    registers: [metrics],
  })

  app.post(
    '/v1/reports',
    {
      onRequest: requireRole('agent'),
      bodyLimit: REPORT_BODY_BYTES,
      schema: {
        tags: ['agents'],
        summary: 'What an edge tells after each pass',
        body: AgentReport,
        response: { 204: Type.Null({ description: 'kept' }) },
      },
    },
    async (request, reply) => {
      const actor = actorOf(request)
      await auditOpenings({ store, reports }, actor, request.body)
      await reports.record({ agentId: actor.person, receivedAtMs: clock.nowMs(), report: request.body })
      received.inc()
      return reply.code(204).send(null)
    },
  )

  app.get(
    '/v1/agents/:id/reports',
    {
      onRequest: requireRole('operator', 'approver', 'reader'),
      schema: {
        tags: ['agents'],
        summary: 'The last reports of an agent, newest first',
        params: Type.Object({ id: Type.String({ maxLength: 64 }) }),
        querystring: Type.Object({ limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })) }),
        response: {
          200: Type.Object({
            reports: Type.Array(Type.Object({ receivedAt: Type.String({ format: 'date-time' }), report: AgentReport })),
          }),
        },
      },
    },
    async ({ params, query }) => {
      const history = await reports.history(params.id, query.limit ?? 20)
      return {
        reports: history.map(({ receivedAtMs, report }) => ({ receivedAt: new Date(receivedAtMs).toISOString(), report })),
      }
    },
  )
}
