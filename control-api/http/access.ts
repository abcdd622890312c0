import type { FastifyRequest } from 'fastify'
import { provinceOf } from '../access/within-province.ts'
import type { Actor } from '../store/store.ts'
import { ControlError } from './control-error.ts'

/** Name of the request decorator that `authenticate` fills; `null` for a request without credential. */
export const ACTOR = 'actor'

/** What a route may let in. Operators and approvers whose token is for one province are let in only where a route says so: there it asks `isWithin`. */
export type Role = Exclude<Actor['role'], 'system'> | 'province-operator' | 'province-approver'

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
    requireOneOf(actorOf(request), roles)
  }
  return Object.assign(rule, { roles })
}

/** The role by which routes and pages tell who may; `undefined` for the system. */
export function accessRoleOf(actor: Actor): Role | undefined {
  const { role } = actor
  if (role === 'system') return undefined
  const isOfProvince = provinceOf(actor) !== undefined
  return isOfProvince && (role === 'operator' || role === 'approver') ? `province-${role}` : role
}

/** @throws ControlError FORBIDDEN */
export function requireOneOf(actor: Actor, roles: readonly Role[]): void {
  const own = accessRoleOf(actor)
  if (roles.some((role) => role === own)) return
  const province = provinceOf(actor)
  if (province !== undefined && roles.some((role) => role === actor.role))
    throw new ControlError(
      'FORBIDDEN',
      `This access token is for the province ${province} alone, and this is done for all provinces. Ask central IT.`,
      { vi: `Mã truy cập này chỉ dùng cho tỉnh ${province}; việc này do Trung tâm CNTT thực hiện.` },
    )
  throw new ControlError('FORBIDDEN', `The role ${actor.role} may not do this; it takes ${roles.join(' or ')}.`, {
    vi: 'Vai trò của anh/chị không được dùng trang này.',
  })
}

/** Hook for a route's `onRequest`: says out loud that the route needs no credential. */
export const anyone: AccessRule = Object.assign(async () => undefined, { roles: 'anyone' as const })
