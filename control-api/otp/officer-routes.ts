import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { codesWithin, requireWithin } from '../access/within-province.ts'
import { actorOf, requireRole } from '../http/access.ts'
import type { ControlApp, ControlContext } from '../http/context.ts'
import { ControlError } from '../http/control-error.ts'
import { IMPORT_LIMITS } from '../imports/sheet.ts'
import { Dispatch, ProvinceCode } from '../registrations/registration-schemas.ts'
import { requireDispatch } from '../registrations/require-dispatch.ts'
import { enterTold } from './enter-told.ts'
import { importOfficers } from './import-officers.ts'
import { readOfficer } from './officer-fields.ts'
import { listOfficers, OfficerView } from './officer-view.ts'
import { approveOfficer, refuseOfficer, revokeOfficer, unlockOfficer } from './officers.ts'

const tags = ['otp']
const closed = { additionalProperties: false } as const
const FILE_TYPES = ['application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', 'text/csv', 'application/octet-stream']
const IdParams = Type.Object({ id: Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' }) })
const Reason = Type.String({ minLength: 3, maxLength: 500, description: 'why; kept' })
const text = (maxLength: number, description: string) => Type.String({ minLength: 1, maxLength, description })
const done = { 204: Type.Null({ description: 'done' }) }

/** `/v1/otp/officers`: who may ask for codes, by province (1232/BHXH-CNTT). One enters, another approves. */
export function registerOfficerRoutes(app: ControlApp, { otp, store, clock, config }: ControlContext): void {
  app.post(
    '/v1/otp/officers',
    {
      onRequest: requireRole('operator', 'province-operator'),
      schema: {
        tags,
        summary: 'Put an officer on the list of a province; another person must approve',
        body: Type.Object(
          {
            province: ProvinceCode,
            dispatch: Dispatch,
            name: text(100, 'họ tên'),
            bhxhCode: text(20, 'mã số BHXH: ten digits, the officer’s own'),
            phone: text(20, 'mobile number that gets the codes'),
            account: text(64, 'the portal account that the right is for'),
          },
          closed,
        ),
        response: { 201: Type.Object({ id: Type.String() }) },
      },
    },
    async (request, reply) => {
      const actor = actorOf(request)
      requireWithin(actor, request.body.province, '/body/province')
      const dispatch = requireDispatch(request.body.dispatch)
      const officer = readOfficer(request.body, clock.nowMs())
      if (Array.isArray(officer)) {
        const faults = officer as readonly { field: string; vi: string; en: string }[]
        throw new ControlError('BAD_FIELDS', faults.map(({ en }) => en).join(' '), {
          vi: faults.map(({ vi }) => vi).join(' '),
          errors: faults.map(({ field, vi, en }) => ({ path: `/body/${field}`, message: en, vi })),
        })
      }
      const entry = officer as Exclude<typeof officer, readonly unknown[]>
      const id = await enterTold(store, actor, entry, dispatch, otp.officerParts())
      return reply.code(201).header('location', `/v1/otp/officers/${id}`).send({ id })
    },
  )

  app.get(
    '/v1/otp/officers',
    {
      onRequest: requireRole('operator', 'province-operator', 'approver', 'province-approver', 'reader'),
      schema: {
        tags,
        summary: 'Officers; of numbers only the last three digits',
        querystring: Type.Object(
          {
            province: Type.Optional(ProvinceCode),
            state: Type.Optional(OfficerView.properties.state),
            importId: Type.Optional(Type.String({ maxLength: 64 })),
            after: Type.Optional(Type.String({ maxLength: 64, description: '`next` of the page before' })),
            limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, description: '100 if left out' })),
          },
          closed,
        ),
        response: { 200: Type.Object({ items: Type.Array(OfficerView), next: Type.Union([Type.String(), Type.Null()]) }) },
      },
    },
    async (request) => {
      const { query } = request
      const actor = actorOf(request)
      if (query.province !== undefined) requireWithin(actor, query.province, '/querystring/province')
      const limit = query.limit ?? 100
      const items = await store.read((db) => listOfficers(db, { ...query, within: codesWithin(actor), limit }, clock.nowMs()))
      return { items, next: items.length < limit ? null : (items.at(-1)?.id ?? null) }
    },
  )

  app.register(async (scope) => {
    const files = scope.withTypeProvider<TypeBoxTypeProvider>()
    files.addContentTypeParser(FILE_TYPES, { parseAs: 'buffer', bodyLimit: IMPORT_LIMITS.maxBytes }, (_request, body, end) =>
      end(null, body),
    )
    files.post(
      '/v1/otp/officers/import',
      {
        onRequest: requireRole('operator', 'province-operator'),
        bodyLimit: IMPORT_LIMITS.maxBytes,
        schema: {
          tags,
          summary: 'Take a province’s list of officers (XLSX or CSV); another person must approve',
          consumes: FILE_TYPES,
          querystring: Type.Object(
            {
              province: ProvinceCode,
              dispatch: Dispatch,
              accept: Type.Optional(Type.Union([Type.Literal('all'), Type.Literal('valid'), Type.Literal('none')])),
            },
            closed,
          ),
          body: Type.Unknown({ description: 'the file' }),
          response: {
            200: Type.Object({
              importId: Type.String(),
              taken: Type.Boolean(),
              verdicts: Type.Array(
                Type.Object({
                  row: Type.Integer(),
                  verdict: Type.String(),
                  field: Type.Union([Type.String(), Type.Null()]),
                  message: Type.Union([Type.Object({ vi: Type.String(), en: Type.String() }), Type.Null()]),
                }),
              ),
            }),
          },
        },
      },
      async (request) => {
        const { body, query } = request
        if (!Buffer.isBuffer(body)) throw new ControlError('WRONG_TYPE', `Send the file as ${FILE_TYPES.join(' or ')}.`)
        requireWithin(actorOf(request), query.province, '/querystring/province')
        const dispatch = requireDispatch(query.dispatch, '/querystring/dispatch')
        const order = { province: query.province, dispatch, accept: query.accept ?? 'all', columns: config.otp.columns }
        const { importId, isTaken, verdicts } = await importOfficers(store, actorOf(request), body, order, otp.officerParts())
        return { importId, taken: isTaken, verdicts: [...verdicts] }
      },
    )
  })

  app.post(
    '/v1/otp/officers/:id/approve',
    {
      onRequest: requireRole('approver', 'province-approver'),
      schema: {
        tags,
        summary: 'Give the right; the officer is told by SMS',
        params: IdParams,
        body: Type.Object({ dispatch: Dispatch }, closed),
        response: done,
      },
    },
    async (request, reply) => {
      const actor = actorOf(request)
      const dispatch = requireDispatch(request.body.dispatch)
      await store.transact(actor, (tx) => approveOfficer(tx, actor, request.params.id, dispatch, otp.officerParts()))
      return reply.code(204).send(null)
    },
  )

  for (const [step, summary, run] of [
    ['refuse', 'Do not approve what was entered', refuseOfficer],
    ['revoke', 'Take the right; what is granted ends at once, and the officer is told by SMS', revokeOfficer],
  ] as const) {
    app.post(
      `/v1/otp/officers/:id/${step}`,
      {
        onRequest: requireRole('operator', 'province-operator', 'approver', 'province-approver'),
        schema: {
          tags,
          summary,
          params: IdParams,
          body: Type.Object({ dispatch: Dispatch, reason: Reason }, closed),
          response: done,
        },
      },
      async (request, reply) => {
        const actor = actorOf(request)
        const order = { dispatch: requireDispatch(request.body.dispatch), reason: request.body.reason }
        await store.transact(actor, (tx) => run(tx, actor, request.params.id, order, otp.officerParts()))
        await otp.grants.work()
        return reply.code(204).send(null)
      },
    )
  }

  app.post(
    '/v1/otp/officers/:id/unlock',
    {
      onRequest: requireRole('operator', 'province-operator', 'approver', 'province-approver'),
      schema: {
        tags,
        summary: 'End a lock-out before its time',
        params: IdParams,
        body: Type.Object({ reason: Reason }, closed),
        response: done,
      },
    },
    async (request, reply) => {
      const actor = actorOf(request)
      await store.transact(actor, (tx) => unlockOfficer(tx, actor, request.params.id, request.body.reason))
      return reply.code(204).send(null)
    },
  )
}
