import type { FastifyRequest } from 'fastify'
import type { Actor } from '../store/store.ts'
import { ControlError } from './control-error.ts'

/** Name of the request decorator that `authenticate` fills; `null` for a request without credential. */
export const ACTOR = 'actor'

export type Role = Exclude<Actor['role'], 'system'>

/** A route's access rule. `roles` is read when the route is registered: a `/v1` route without one stops the start. */
export interface AccessRule {
  (request: FastifyRequest): Promise<void>
  readonly roles: readonly Role[] | 'anyone'
}

/** Who makes the request. Only for routes behind `requireRole`. @throws ControlError UNAUTHENTICATED */
export function actorOf(request: FastifyRequest): Actor {
  const actor = findActor(request)
  if (actor === null) throw new ControlError('UNAUTHENTICATED', 'Send Authorization: Bearer <token>.')
  return actor
}

/** Who makes the request, or `null` where no credential came. */
export function findActor(request: FastifyRequest): Actor | null {
  return request.getDecorator<Actor | null>(ACTOR)
}

/** Hook for a route's `onRequest` (before the body is read): lets only `roles` in. @throws ControlError UNAUTHENTICATED, FORBIDDEN */
export function requireRole(...roles: readonly Role[]): AccessRule {
  const rule = async (request: FastifyRequest): Promise<void> => {
    const actor = actorOf(request)
    if (!roles.some((role) => role === actor.role)) {
      throw new ControlError('FORBIDDEN', `The role ${actor.role} may not do this; it takes ${roles.join(' or ')}.`)
    }
  }
  return Object.assign(rule, { roles })
}

/** Hook for a route's `onRequest`: says out loud that the route needs no credential. */
export const anyone: AccessRule = Object.assign(async () => undefined, { roles: 'anyone' as const })
