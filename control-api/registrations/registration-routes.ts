import { Type } from 'typebox'
import { AddressError } from '../../rules/addresses/address-error.ts'
import type { Block } from '../../rules/addresses/block.ts'
import { parseBlock } from '../../rules/addresses/parse-block.ts'
import { DEFAULT_REGISTRATION_POLICY } from '../../rules/addresses/registration-policy.ts'
import { codesWithin, requireWithin } from '../access/within-province.ts'
import { actorOf, requireRole } from '../http/access.ts'
import type { ControlApp, ControlContext } from '../http/context.ts'
import { ControlError } from '../http/control-error.ts'
import type { Actor } from '../store/store.ts'
import { approveImport } from './approve-import.ts'
import { listRegistrations } from './list-registrations.ts'
import { parseInstant } from './parse-instant.ts'
import { readRegistration } from './read-registration.ts'
import { register } from './register.ts'
import {
  type Change,
  REGISTRATION_STATES,
  type RegistrationOrder,
  type RegistrationState,
  type RegistrationStep,
} from './registration.ts'
import {
  CloseBody,
  Dispatch,
  FacilityCode,
  ProvinceCode,
  RegistrationBody,
  RegistrationDetail,
  RegistrationView,
  StepBody,
  viewOf,
} from './registration-schemas.ts'
import { requireDispatch } from './require-dispatch.ts'
import { type StepOrder, takeStep } from './take-step.ts'

const tags = ['registrations']
const IdParams = Type.Object({ id: Type.Integer({ minimum: 1 }) })
const VersionHeaders = Type.Object({
  'if-match': Type.Optional(
    Type.String({
      pattern: '^(W/)?"?[0-9]{1,15}"?$',
      description: 'the version that was read, as the ETag gave it',
      examples: ['"1"'],
    }),
  ),
})

const ListQuery = Type.Object(
  {
    facility: Type.Optional(FacilityCode),
    province: Type.Optional(ProvinceCode),
    state: Type.Optional(Type.Union(Object.keys(REGISTRATION_STATES).map((state) => Type.Literal(state as RegistrationState)))),
    importId: Type.Optional(Type.String({ maxLength: 64 })),
    contains: Type.Optional(Type.String({ pattern: '^[0-9a-f.:/]{1,64}$', description: 'part of the block as text' })),
    address: Type.Optional(Type.String({ maxLength: 64, description: 'address or prefix: what holds it or lies in it' })),
    shared: Type.Optional(Type.Boolean({ description: 'only shared exceptions, or only others' })),
    after: Type.Optional(Type.String({ pattern: '^[0-9]{1,15}$', description: '`next` of the page before' })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, description: '100 if left out' })),
  },
  { additionalProperties: false },
)

/** `/v1/registrations`: who may use which address, from the asking to the end. */
export function registerRegistrationRoutes(app: ControlApp, context: ControlContext): void {
  const readers = requireRole('operator', 'province-operator', 'approver', 'province-approver', 'reader')
  const change = <T>(actor: Actor, work: (change: Change) => Promise<T>): Promise<T> =>
    context.store.transact(actor, (tx) => work({ ...tx, actor, atMs: context.clock.nowMs() }))
  const detail = (actor: Actor, id: number) => context.store.read((db) => readRegistration(db, actor, id, context.clock.nowMs()))

  app.post(
    '/v1/registrations',
    {
      onRequest: requireRole('operator', 'province-operator'),
      schema: { tags, summary: 'Register a block for a unit', body: RegistrationBody, response: { 201: RegistrationDetail } },
    },
    async (request, reply) => {
      const actor = actorOf(request)
      const { body } = request
      const nowMs = context.clock.nowMs()
      const order: RegistrationOrder = {
        facility: body.facility,
        facilityName: body.facilityName,
        province: body.province,
        block: readBlock(body.block),
        carrier: body.carrier ?? '',
        place: body.place ?? '',
        note: body.note ?? '',
        dispatch: requireDispatch(body.dispatch),
        effectiveFromMs: body.effectiveFrom === undefined ? nowMs : parseInstant(body.effectiveFrom, 'effectiveFrom'),
        effectiveUntilMs: body.effectiveUntil === undefined ? null : parseInstant(body.effectiveUntil, 'effectiveUntil'),
        sharedReason: body.shared?.reason ?? null,
      }
      const id = await change(actor, (made) => register(made, order, DEFAULT_REGISTRATION_POLICY))
      const made = await detail(actor, id)
      return reply.code(201).header('location', `/v1/registrations/${id}`).header('etag', `"${made.version}"`).send(made)
    },
  )

  app.get(
    '/v1/registrations',
    {
      onRequest: readers,
      schema: {
        tags,
        summary: 'List registrations',
        querystring: ListQuery,
        response: { 200: Type.Object({ items: Type.Array(RegistrationView), next: Type.Union([Type.String(), Type.Null()]) }) },
      },
    },
    async (request) => {
      const { query } = request
      const actor = actorOf(request)
      if (query.province !== undefined) requireWithin(actor, query.province, '/querystring/province')
      const limit = query.limit ?? 100
      const { shared, address, after, limit: _limit, ...filter } = query
      const rows = await context.store.read((db) =>
        listRegistrations(db, {
          ...filter,
          within: codesWithin(actor),
          isShared: shared,
          overlaps: address === undefined ? undefined : readBlock(address),
          afterId: Number(after ?? 0),
          limit,
        }),
      )
      return { items: rows.map(viewOf), next: rows.length < limit ? null : String(rows.at(-1)?.id ?? '') }
    },
  )

  app.get(
    '/v1/registrations/:id',
    {
      onRequest: readers,
      schema: { tags, summary: 'One registration with its history', params: IdParams, response: { 200: RegistrationDetail } },
    },
    async (request, reply) => {
      const found = await detail(actorOf(request), request.params.id)
      return reply.header('etag', `"${found.version}"`).send(found)
    },
  )

  const step = async (actor: Actor, id: number, name: RegistrationStep, order: StepOrder) => {
    await change(actor, (made) => takeStep(made, id, name, order))
    return detail(actor, id)
  }

  for (const [name, summary, rule] of [
    [
      'endorse',
      'Endorse: the province has checked it',
      requireRole('operator', 'province-operator', 'approver', 'province-approver'),
    ],
    ['approve', 'Approve: another person opens it', requireRole('approver')],
  ] as const) {
    app.post(
      `/v1/registrations/:id/${name}`,
      {
        onRequest: rule,
        schema: {
          tags,
          summary,
          params: IdParams,
          headers: VersionHeaders,
          body: StepBody,
          response: { 200: RegistrationDetail },
        },
      },
      async (request, reply) => {
        const { dispatch, note, facility } = request.body
        const order = {
          dispatch: requireDispatch(dispatch),
          reason: note ?? null,
          facility,
          version: versionOf(request.headers['if-match']),
        }
        const after = await step(actorOf(request), request.params.id, name, order)
        return reply.header('etag', `"${after.version}"`).send(after)
      },
    )
  }

  for (const [name, summary, rule] of [
    ['revoke', 'Revoke: close what is open', requireRole('operator', 'approver')],
    ['refuse', 'Refuse what was asked for', requireRole('operator', 'province-operator', 'approver', 'province-approver')],
    ['withdraw', 'Withdraw what the unit asked for', requireRole('operator', 'province-operator')],
  ] as const) {
    app.post(
      `/v1/registrations/:id/${name}`,
      {
        onRequest: rule,
        schema: {
          tags,
          summary,
          params: IdParams,
          headers: VersionHeaders,
          body: CloseBody,
          response: { 200: RegistrationDetail },
        },
      },
      async (request, reply) => {
        const order = {
          ...request.body,
          dispatch: requireDispatch(request.body.dispatch),
          version: versionOf(request.headers['if-match']),
        }
        const after = await step(actorOf(request), request.params.id, name, order)
        return reply.header('etag', `"${after.version}"`).send(after)
      },
    )
  }

  app.post(
    '/v1/registrations/approve',
    {
      onRequest: requireRole('approver'),
      schema: {
        tags,
        summary: 'Approve all that an import brought: its cancels first, then its additions',
        body: Type.Object(
          { importId: Type.String({ minLength: 1, maxLength: 64 }), dispatch: Dispatch },
          { additionalProperties: false },
        ),
        response: { 200: Type.Object({ importId: Type.String(), approved: Type.Integer(), revoked: Type.Integer() }) },
      },
    },
    async (request) => {
      const { importId, dispatch } = request.body
      return { importId, ...(await change(actorOf(request), (made) => approveImport(made, importId, requireDispatch(dispatch)))) }
    },
  )
}

/** @throws ControlError BLOCK_REFUSED */
function readBlock(text: string): Block {
  try {
    return parseBlock(text)
  } catch (error) {
    if (!(error instanceof AddressError)) throw error
    throw new ControlError('BLOCK_REFUSED', error.message, { cause: error, facts: { reason: error.code } })
  }
}

function versionOf(header: string | undefined): number | undefined {
  const digits = header === undefined ? undefined : /[0-9]+/.exec(header)?.[0]
  return digits === undefined ? undefined : Number(digits)
}
