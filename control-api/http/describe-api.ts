import swagger from '@fastify/swagger'
import type { RouteOptions } from 'fastify'
import type { AccessRule } from './access.ts'
import type { ControlApp } from './context.ts'
import { PROBLEM_TYPE, Problem } from './problem.ts'
import type { RoutePatterns } from './route-patterns.ts'

/** Serves `/openapi.json` (OpenAPI 3.1) from the schemas of the routes that are registered after this. */
export async function describeApi(app: ControlApp, patterns: RoutePatterns): Promise<void> {
  app.addHook('onRoute', (route) => {
    patterns.add(route.method, route.url)
    completeSchema(route)
  })
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Edgeward control API',
        version: '1',
        description: 'Registrations, signed revisions and agents. Faults are problems (RFC 9457); branch on `code`.',
      },
      components: {
        securitySchemes: { bearer: { type: 'http', scheme: 'bearer', description: 'Token of a person, or JWT of an agent' } },
      },
    },
  })
}

/** The access rule of a route. @throws Error for an API route without one: it would be open by mistake */
export function accessRuleOf(route: Pick<RouteOptions, 'onRequest' | 'url'>): AccessRule | undefined {
  const hooks: unknown[] = [route.onRequest].flat()
  const rule = hooks.find((hook): hook is AccessRule => typeof hook === 'function' && 'roles' in hook)
  if (rule === undefined && route.url.startsWith('/v1')) {
    throw new Error(`Route ${route.url} says nothing about who may use it: give it requireRole(…) or anyone`)
  }
  return rule
}

function completeSchema(route: RouteOptions): void {
  const rule = accessRuleOf(route)
  const schema = route.schema
  if (rule === undefined || schema === undefined) return
  const { response } = schema
  const isRecord = typeof response === 'object' && response !== null
  const problem = { description: 'Problem (RFC 9457)', content: { [PROBLEM_TYPE]: { schema: Problem } } }
  Object.assign(schema, {
    response: { ...(isRecord ? response : { 200: { description: 'as described' } }), '4XX': problem, '5XX': problem },
  })
  if (rule.roles !== 'anyone') {
    const roles = `Roles: ${rule.roles.join(', ')}.`
    Object.assign(schema, { security: [{ bearer: [] }], description: [schema.description, roles].filter(Boolean).join(' ') })
  }
}
