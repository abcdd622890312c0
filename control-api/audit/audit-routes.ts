import { Type } from 'typebox'
import { portalTimeText } from '../../rules/requests/portal-time-text.ts'
import { requireRole } from '../http/access.ts'
import type { ControlApp, ControlContext } from '../http/context.ts'
import type { AuditRow } from './audit-tables.ts'

const AuditView = Type.Object({
  seq: Type.Integer(),
  at: Type.String({ examples: ['2024-07-27T00:00:00+07:00'] }),
  person: Type.String(),
  role: Type.String(),
  action: Type.String({ examples: ['registration.approve'] }),
  target: Type.String({ examples: ['registration/17'] }),
  dispatch: Type.Union([Type.String(), Type.Null()]),
  details: Type.String({ description: 'JSON text, exactly as it is hashed' }),
  previous: Type.String(),
  hash: Type.String({ description: 'SHA-256 (hex) over the hash before and this entry' }),
})

const AuditQuery = Type.Object(
  {
    after: Type.Optional(Type.String({ pattern: '^[0-9]{1,15}$', description: '`next` of the page before' })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, description: '100 if left out' })),
    target: Type.Optional(Type.String({ maxLength: 200 })),
  },
  { additionalProperties: false },
)

/** `/v1/audit`: every change, in the order of the chain. */
export function registerAuditRoutes(app: ControlApp, context: ControlContext): void {
  app.get(
    '/v1/audit',
    {
      onRequest: requireRole('operator', 'approver', 'reader'),
      schema: {
        tags: ['audit'],
        summary: 'List audit entries, oldest first',
        querystring: AuditQuery,
        response: { 200: Type.Object({ items: Type.Array(AuditView), next: Type.Union([Type.String(), Type.Null()]) }) },
      },
    },
    async ({ query }) => {
      const limit = query.limit ?? 100
      const rows = await context.store.read((db) => {
        const all = db
          .selectFrom('audit')
          .selectAll()
          .where('seq', '>', Number(query.after ?? 0))
          .orderBy('seq')
          .limit(limit)
        return (query.target === undefined ? all : all.where('target', '=', query.target)).execute()
      })
      return { items: rows.map(viewOf), next: rows.length < limit ? null : String(rows.at(-1)?.seq ?? '') }
    },
  )
}

function viewOf({ at_ms, ...row }: AuditRow) {
  return { ...row, at: portalTimeText(at_ms) }
}
