import { Type } from 'typebox'
import { findInstantMs } from '../../rules/time/find-instant.ts'
import { actorOf, requireRole } from '../http/access.ts'
import type { ControlApp, ControlContext } from '../http/context.ts'
import { ControlError } from '../http/control-error.ts'
import { findRevision, listRevisions, RevisionDifference, RevisionView } from './revision-views.ts'
import { addShrinkApproval } from './shrink-approvals.ts'

const reason = Type.String({ minLength: 1, maxLength: 500, pattern: '\\S' })
const digest = Type.String({ pattern: '^[0-9a-f]{64}$' })
const figure = Type.Integer({ minimum: 0 })

const PublicationView = Type.Object({ revision: figure, entries: figure, added: figure, removed: figure, digest: Type.String() })

/** Revisions: publish, approve a shrink, look. */
export function registerRevisionRoutes(app: ControlApp, context: ControlContext): void {
  const { store, clock, config, publisher, repository } = context
  const readers = requireRole('operator', 'approver', 'reader')

  app.post(
    '/v1/revisions',
    {
      onRequest: requireRole('approver'),
      schema: {
        tags: ['revisions'],
        summary: 'Publish the approvals in effect now; 200 with the revision before where nothing differs',
        body: Type.Object(
          {
            mode: Type.Optional(Type.Union([Type.Literal('observe'), Type.Literal('enforce')])),
            enforceFrom: Type.Optional(Type.Union([Type.String({ description: 'ISO 8601 with offset' }), Type.Null()])),
            note: Type.Optional(Type.String({ maxLength: 500 })),
            force: Type.Optional(Type.Boolean({ description: 'a new number even if nothing differs' })),
          },
          { additionalProperties: false },
        ),
        response: { 200: PublicationView, 201: PublicationView },
      },
    },
    async (request, reply) => {
      const order = request.body
      if (typeof order.enforceFrom === 'string' && findInstantMs(order.enforceFrom) === undefined) {
        throw new ControlError('BAD_FIELDS', '1 field is missing or wrong.', {
          errors: [{ path: '/body/enforceFrom', message: 'must be an instant with offset, like 2024-07-27T00:00+07:00' }],
        })
      }
      const { isNew, ...publication } = await publisher.publish(actorOf(request), order)
      return reply.code(isNew ? 201 : 200).send(publication)
    },
  )

  app.post(
    '/v1/revisions/shrink-approvals',
    {
      onRequest: requireRole('operator', 'approver'),
      schema: {
        tags: ['revisions'],
        summary: 'Approve a list that shrinks past the limits; another person publishes it',
        description: 'Figures as the refusal SHRINK_NEEDS_SECOND_APPROVAL named them: its digest, or its entries and removed.',
        body: Type.Union([
          Type.Object({ reason, digest }, { additionalProperties: false }),
          Type.Object({ reason, entries: figure, removed: figure }, { additionalProperties: false }),
        ]),
        response: { 201: Type.Object({ id: Type.String(), expiresAt: Type.String({ format: 'date-time' }) }) },
      },
    },
    async (request, reply) => {
      const { id, expiresAtMs } = await addShrinkApproval(store, actorOf(request), request.body, {
        nowMs: clock.nowMs(),
        hours: config.publication.shrinkApprovalHours,
        randomBytes: context.randomBytes,
      })
      return reply.code(201).send({ id, expiresAt: new Date(expiresAtMs).toISOString() })
    },
  )

  app.get(
    '/v1/revisions',
    {
      onRequest: readers,
      schema: {
        tags: ['revisions'],
        summary: 'Revisions, newest first',
        querystring: Type.Object({
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })),
          before: Type.Optional(Type.Integer({ minimum: 1, description: 'only smaller numbers: the next page' })),
        }),
        response: { 200: Type.Object({ newestRevision: figure, revisions: Type.Array(RevisionView) }) },
      },
    },
    async ({ query }) => ({
      newestRevision: publisher.revision,
      revisions: await listRevisions(store, query.limit ?? 50, query.before),
    }),
  )

  app.get(
    '/v1/revisions/:revision',
    {
      onRequest: readers,
      schema: {
        tags: ['revisions'],
        summary: 'One revision with its difference to the one before',
        params: Type.Object({ revision: Type.Integer({ minimum: 1 }) }),
        response: { 200: Type.Object({ revision: RevisionView, difference: Type.Union([RevisionDifference, Type.Null()]) }) },
      },
    },
    async ({ params }) => {
      const found = await findRevision(store, repository, params.revision)
      if (found === undefined) throw new ControlError('NOT_FOUND', `There is no revision ${params.revision}.`)
      return found
    },
  )
}
