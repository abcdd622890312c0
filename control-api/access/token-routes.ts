import { Type } from 'typebox'
import { actorOf, requireRole } from '../http/access.ts'
import type { ControlApp, ControlContext } from '../http/context.ts'
import { listTokens, revokeToken } from './person-tokens.ts'

const instant = Type.String({ format: 'date-time' })

/** Access tokens of people: list and revoke. They are made on the machine, by `control tokens add`. */
export function registerTokenRoutes(app: ControlApp, { store, clock, events }: ControlContext): void {
  app.get(
    '/v1/tokens',
    {
      onRequest: requireRole('operator'),
      schema: {
        tags: ['access'],
        summary: 'Access tokens of people, without what could be used',
        response: {
          200: Type.Object({
            tokens: Type.Array(
              Type.Object({
                id: Type.String(),
                person: Type.String(),
                role: Type.String(),
                scope: Type.Union([Type.String(), Type.Null()], {
                  description: 'code of the province or facility that it is for',
                }),
                createdAt: instant,
                expiresAt: instant,
                revokedAt: Type.Union([instant, Type.Null()]),
              }),
            ),
          }),
        },
      },
    },
    async () => ({
      tokens: (await listTokens(store)).map(({ id, person, role, scope, created_at_ms, expires_at_ms, revoked_at_ms }) => ({
        id,
        person,
        role,
        scope,
        createdAt: new Date(created_at_ms).toISOString(),
        expiresAt: new Date(expires_at_ms).toISOString(),
        revokedAt: revoked_at_ms === null ? null : new Date(revoked_at_ms).toISOString(),
      })),
    }),
  )

  app.delete(
    '/v1/tokens/:id',
    {
      onRequest: requireRole('operator'),
      schema: {
        tags: ['access'],
        summary: 'Revoke an access token at once',
        params: Type.Object({ id: Type.String({ maxLength: 64 }) }),
        response: { 204: Type.Null({ description: 'revoked' }) },
      },
    },
    async (request, reply) => {
      await revokeToken(store, actorOf(request), request.params.id, clock.nowMs())
      events.review()
      return reply.code(204).send(null)
    },
  )
}
