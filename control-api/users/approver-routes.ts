import { Type } from 'typebox'
import { parsePerson } from '../access/parse-person.ts'
import { codesWithin, requireWithin } from '../access/within-province.ts'
import { actorOf, requireRole } from '../http/access.ts'
import type { ControlApp, ControlContext } from '../http/context.ts'
import { ProvinceCode } from '../registrations/registration-schemas.ts'
import { requireDispatch } from '../registrations/require-dispatch.ts'
import { enterApprover, stepApprover } from './approvers.ts'
import { readPerson } from './enter-users.ts'
import { ApproveBody, ApproverBody, ApproverView, approverViewOf, CloseUserBody } from './user-schemas.ts'

const tags = ['users']
const IdParams = Type.Object({ id: Type.Integer({ minimum: 1 }) })

/** `/v1/approvers`: who at a province may approve its users (form 02/dk-ctn); the assessment centre grants the right. 1923/BHXH-CNTT §1b */
export function registerApproverRoutes(app: ControlApp, { store, clock, users }: ControlContext): void {
  app.post(
    '/v1/approvers',
    {
      onRequest: requireRole('operator', 'province-operator'),
      schema: { tags, summary: 'Enter an approver of a province', body: ApproverBody, response: { 201: ApproverView } },
    },
    async (request, reply) => {
      const { body } = request
      const actor = actorOf(request)
      const keys = await users.keys()
      const entry = { province: body.province, person: parsePerson(body.person), ...readPerson(body) }
      const dispatch = requireDispatch(body.dispatch)
      const row = await store.transact(actor, async (tx) => {
        const id = await enterApprover({ ...tx, actor, atMs: clock.nowMs() }, entry, keys, { dispatch, importId: null })
        return tx.db.selectFrom('user_approver').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
      })
      return reply.code(201).send(approverViewOf(row, actor))
    },
  )

  app.get(
    '/v1/approvers',
    {
      onRequest: requireRole('operator', 'province-operator', 'approver', 'province-approver', 'assessor', 'reader'),
      schema: {
        tags,
        summary: 'Approvers of a province, or of all',
        querystring: Type.Object({ province: Type.Optional(ProvinceCode) }, { additionalProperties: false }),
        response: { 200: Type.Object({ items: Type.Array(ApproverView) }) },
      },
    },
    async (request) => {
      const { province } = request.query
      const actor = actorOf(request)
      if (province !== undefined) requireWithin(actor, province, '/querystring/province')
      const within = codesWithin(actor)
      const rows = await store.read((db) => {
        const whole = db.selectFrom('user_approver').selectAll().orderBy('id')
        const all = within === undefined ? whole : whole.where('province', 'in', within)
        return (province === undefined ? all : all.where('province', '=', province)).execute()
      })
      return { items: rows.map((row) => approverViewOf(row, actor)) }
    },
  )

  app.post(
    '/v1/approvers/:id/grant',
    {
      onRequest: requireRole('assessor'),
      schema: {
        tags,
        summary: 'Grant the right to approve; another person than who entered it, and not himself',
        params: IdParams,
        body: ApproveBody,
        response: { 200: ApproverView },
      },
    },
    async (request) => {
      const actor = actorOf(request)
      const order = { dispatch: requireDispatch(request.body.dispatch), reason: null }
      const row = await store.transact(actor, (tx) =>
        stepApprover({ ...tx, actor, atMs: clock.nowMs() }, request.params.id, 'grant', order),
      )
      return approverViewOf(row, actor)
    },
  )

  for (const [step, summary] of [
    ['refuse', 'Refuse an approver who was entered'],
    ['revoke', 'Take the right to approve away; what was approved stays'],
  ] as const) {
    app.post(
      `/v1/approvers/:id/${step}`,
      {
        onRequest: requireRole('assessor', 'operator', 'province-operator'),
        schema: { tags, summary, params: IdParams, body: CloseUserBody, response: { 200: ApproverView } },
      },
      async (request) => {
        const actor = actorOf(request)
        const order = { dispatch: requireDispatch(request.body.dispatch), reason: request.body.reason }
        const row = await store.transact(actor, (tx) =>
          stepApprover({ ...tx, actor, atMs: clock.nowMs() }, request.params.id, step, order),
        )
        return approverViewOf(row, actor)
      },
    )
  }
}
