import { Type } from 'typebox'
import { requireRole } from '../http/access.ts'
import type { ControlApp, ControlContext } from '../http/context.ts'
import { Rehearsal, rehearse } from './rehearse.ts'

/** Who would break on the date, or is refused since. */
export function registerRehearsalRoutes(app: ControlApp, { store, reports, clock }: ControlContext): void {
  app.get(
    '/v1/rehearsal',
    {
      onRequest: requireRole('operator', 'approver', 'reader'),
      schema: {
        tags: ['agents'],
        summary: 'Who is refused at the edges, or would be from their date on, and who has asked for that address',
        querystring: Type.Object({
          edge: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: 'name or id of one edge' })),
          province: Type.Optional(
            Type.String({ pattern: '^[0-9]{2}$', description: 'only what a facility of this province has asked for' }),
          ),
        }),
        response: { 200: Rehearsal },
      },
    },
    ({ query }) => rehearse(store, reports, { ...query, nowMs: clock.nowMs() }),
  )
}
