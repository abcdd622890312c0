import { Type } from 'typebox'
import { GateKeyAnswer } from '../../rules/gate/gate-keys.ts'
import { EnrolRequest, EnrolResponse } from '../../rules/reports/enrolment.ts'
import { actorOf, anyone, requireRole } from '../http/access.ts'
import type { ControlApp, ControlContext } from '../http/context.ts'
import { createEnrolmentToken, type EnrolmentParts, enrolAgent } from './enrolment.ts'
import { AgentView, listAgents, revokeAgent } from './list-agents.ts'

/** An enrolment request is small; what is larger is not one. */
const ENROL_BODY_BYTES = 4096

/** Enrolment, list and revocation of agents. */
export function registerAgentRoutes(app: ControlApp, context: ControlContext): void {
  const { store, clock, config, reports, publisher, events } = context
  const parts = (): EnrolmentParts => ({
    store,
    repository: context.repository,
    nowMs: clock.nowMs(),
    randomBytes: (size) => context.randomBytes(size),
  })

  app.post(
    '/v1/agents/enrol',
    {
      onRequest: anyone,
      bodyLimit: ENROL_BODY_BYTES,
      schema: {
        tags: ['agents'],
        summary: 'Spend a one-time token and bind the public key of an edge',
        body: EnrolRequest,
        response: { 201: EnrolResponse },
      },
    },
    async (request, reply) => reply.code(201).send(await enrolAgent(parts(), request.body)),
  )

  app.post(
    '/v1/agents/tokens',
    {
      onRequest: requireRole('operator'),
      schema: {
        tags: ['agents'],
        summary: 'Make a one-time enrolment token; it is shown this once',
        response: { 201: Type.Object({ token: Type.String(), expiresAt: Type.String({ format: 'date-time' }) }) },
      },
    },
    async (request, reply) => {
      const { token, expiresAtMs } = await createEnrolmentToken(parts(), actorOf(request), config.agents.tokenHours)
      return reply.code(201).send({ token, expiresAt: new Date(expiresAtMs).toISOString() })
    },
  )

  app.get(
    '/v1/agents/gate-key',
    {
      onRequest: requireRole('agent'),
      schema: {
        tags: ['agents'],
        summary: 'The keys under which signed documents name accounts; for agents alone',
        description: 'Newest first; two while a rotation lasts. Secret: the agent hands them to its gate and tells nobody.',
        response: { 200: GateKeyAnswer },
      },
    },
    async () => ({ keys: (await context.gateKeys()).map((key) => Buffer.from(key).toString('hex')) }),
  )

  app.get(
    '/v1/agents',
    {
      onRequest: requireRole('operator', 'approver', 'reader'),
      schema: {
        tags: ['agents'],
        summary: 'All agents with what they last said',
        response: {
          200: Type.Object({
            newestRevision: Type.Integer(),
            newestBlocks: Type.Integer({ description: 'version of the verdicts over all edges; 0 before the first' }),
            agents: Type.Array(AgentView),
          }),
        },
      },
    },
    async () => {
      const newest = { revision: publisher.revision, blocks: publisher.sideVersion('blocks') }
      const agents = await listAgents(store, reports, newest)
      return { newestRevision: newest.revision, newestBlocks: newest.blocks, agents }
    },
  )

  app.delete(
    '/v1/agents/:id',
    {
      onRequest: requireRole('operator'),
      schema: {
        tags: ['agents'],
        summary: 'Revoke an agent, at once and for good',
        params: Type.Object({ id: Type.String({ maxLength: 64 }) }),
        body: Type.Object(
          { reason: Type.String({ minLength: 1, maxLength: 500, pattern: '\\S' }) },
          { additionalProperties: false },
        ),
        response: { 204: Type.Null({ description: 'revoked; its open streams are closed' }) },
      },
    },
    async (request, reply) => {
      await revokeAgent(store, actorOf(request), request.params.id, request.body.reason, clock.nowMs())
      events.review()
      return reply.code(204).send(null)
    },
  )
}
