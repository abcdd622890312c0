import { Type } from 'typebox'
import { UserUses } from '../../rules/users/user-uses.ts'
import { codesWithin, requireWithin } from '../access/within-province.ts'
import { actorOf, requireRole } from '../http/access.ts'
import type { ControlApp, ControlContext } from '../http/context.ts'
import { parseInstant } from '../registrations/parse-instant.ts'
import type { Change } from '../registrations/registration.ts'
import { Dispatch, FacilityCode, ProvinceCode } from '../registrations/registration-schemas.ts'
import { requireDispatch } from '../registrations/require-dispatch.ts'
import type { Actor } from '../store/store.ts'
import { approveUser, decideImport, refuseUser } from './approve-users.ts'
import { changeUser, endUser, enterUser, readPerson } from './enter-users.ts'
import { listUsers } from './list-users.ts'
import {
  ApproveBody,
  ChangeBody,
  CloseUserBody,
  UserBody,
  UserDetail,
  UserStateName,
  UserView,
  userDetail,
  userViewOf,
} from './user-schemas.ts'

const tags = ['users']
const IdParams = Type.Object({ id: Type.Integer({ minimum: 1 }) })
const VersionHeaders = Type.Object({
  'if-match': Type.Optional(Type.String({ pattern: '^(W/)?"?[0-9]{1,15}"?$', description: 'the version that was read' })),
})
const ListQuery = Type.Object(
  {
    facility: Type.Optional(FacilityCode),
    province: Type.Optional(ProvinceCode),
    state: Type.Optional(UserStateName),
    importId: Type.Optional(Type.String({ maxLength: 64 })),
    waiting: Type.Optional(Type.Boolean({ description: 'only users and changes that wait for approval' })),
    disabledSoon: Type.Optional(Type.Boolean({ description: 'only those that will be disabled for want of use' })),
    after: Type.Optional(Type.Integer({ minimum: 0, description: '`next` of the page before' })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, description: '100 if left out' })),
  },
  { additionalProperties: false },
)

/** `/v1/users`: named users and their rights (form 01/dk-ctn), one by one; `/v1/user-uses` from the edges. 1923/BHXH-CNTT §1b */
export function registerUserRoutes(app: ControlApp, context: ControlContext): void {
  const { store, clock, users } = context
  const readers = requireRole('operator', 'province-operator', 'approver', 'province-approver', 'assessor', 'reader')
  const change = <T>(actor: Actor, work: (change: Change) => Promise<T>): Promise<T> =>
    store.transact(actor, (tx) => work({ ...tx, actor, atMs: clock.nowMs() }))
  const detail = (id: number, actor: Actor) => store.read((db) => userDetail(db, id, actor, clock.nowMs()))

  app.post(
    '/v1/users',
    {
      onRequest: requireRole('operator', 'province-operator'),
      schema: {
        tags,
        summary: 'Enter a user of a facility; the province approves',
        body: UserBody,
        response: { 201: UserDetail },
      },
    },
    async (request, reply) => {
      const { body } = request
      const actor = actorOf(request)
      const keys = await users.keys()
      const entry = {
        ...readPerson(body),
        facility: body.facility,
        province: body.province,
        rights: body.rights,
        fromMs: body.from === undefined ? clock.nowMs() : parseInstant(body.from, 'from'),
        untilMs: body.until === undefined ? null : parseInstant(body.until, 'until'),
      }
      const id = await change(actor, (made) => enterUser(made, entry, keys, requireDispatch(body.dispatch)))
      const made = await detail(id, actor)
      return reply.code(201).header('location', `/v1/users/${id}`).header('etag', `"${made.version}"`).send(made)
    },
  )

  app.get(
    '/v1/users',
    {
      onRequest: readers,
      schema: {
        tags,
        summary: 'List users; names for officers alone',
        querystring: ListQuery,
        response: { 200: Type.Object({ items: Type.Array(UserView), next: Type.Union([Type.Integer(), Type.Null()]) }) },
      },
    },
    async (request) => {
      const { query } = request
      const actor = actorOf(request)
      if (query.province !== undefined) requireWithin(actor, query.province, '/querystring/province')
      const limit = query.limit ?? 100
      const rows = await store.read((db) => listUsers(db, { ...query, within: codesWithin(actor), limit }))
      const nowMs = clock.nowMs()
      const items = rows.map((row) => userViewOf(row, actor, nowMs))
      return { items, next: rows.length < limit ? null : (rows.at(-1)?.id ?? null) }
    },
  )

  app.get(
    '/v1/users/:id',
    {
      onRequest: readers,
      schema: { tags, summary: 'One user with all steps', params: IdParams, response: { 200: UserDetail } },
    },
    async (request, reply) => {
      const view = await detail(request.params.id, actorOf(request))
      return reply.header('etag', `"${view.version}"`).send(view)
    },
  )

  app.post(
    '/v1/users/:id/change',
    {
      onRequest: requireRole('operator', 'province-operator'),
      schema: {
        tags,
        summary: 'Ask for other rights or another period, or to be enabled again; the province approves',
        params: IdParams,
        headers: VersionHeaders,
        body: ChangeBody,
        response: { 200: UserDetail },
      },
    },
    async (request) => {
      const { body, params } = request
      const actor = actorOf(request)
      const wish = {
        name: body.name,
        rights: body.rights,
        fromMs: body.from === undefined ? undefined : parseInstant(body.from, 'from'),
        untilMs: typeof body.until === 'string' ? parseInstant(body.until, 'until') : body.until,
      }
      const order = { dispatch: requireDispatch(body.dispatch), version: versionOf(request.headers['if-match']) }
      await change(actor, (made) => changeUser(made, params.id, wish, order))
      return detail(params.id, actor)
    },
  )

  app.post(
    '/v1/users/:id/approve',
    {
      onRequest: requireRole('approver', 'province-approver'),
      schema: {
        tags,
        summary: 'Approve a user or his change: an approver of his province, who did not enter it and is not him',
        params: IdParams,
        headers: VersionHeaders,
        body: ApproveBody,
        response: { 200: UserDetail },
      },
    },
    async (request) => {
      const actor = actorOf(request)
      const { id } = request.params
      const version = versionOf(request.headers['if-match'])
      const dispatch = requireDispatch(request.body.dispatch)
      await change(actor, (made) => approveUser(made, id, { dispatch, reason: null, version }))
      return detail(id, actor)
    },
  )

  for (const [name, summary, rule] of [
    ['refuse', 'Refuse a user or his change', requireRole('operator', 'province-operator', 'approver', 'province-approver')],
    ['disable', 'Disable a user at once', requireRole('operator', 'province-operator', 'approver', 'province-approver')],
    ['cancel', 'Take a user off the list at once', requireRole('operator', 'province-operator', 'approver', 'province-approver')],
  ] as const) {
    app.post(
      `/v1/users/:id/${name}`,
      {
        onRequest: rule,
        schema: { tags, summary, params: IdParams, headers: VersionHeaders, body: CloseUserBody, response: { 200: UserDetail } },
      },
      async (request) => {
        const actor = actorOf(request)
        const { id } = request.params
        const { reason } = request.body
        const order = {
          reason,
          dispatch: requireDispatch(request.body.dispatch),
          version: versionOf(request.headers['if-match']),
        }
        await change(actor, (made) => (name === 'refuse' ? refuseUser(made, id, order) : endUser(made, id, name, order)))
        return detail(id, actor)
      },
    )
  }

  for (const [name, rule] of [
    ['approve', requireRole('approver', 'province-approver')],
    ['refuse', requireRole('operator', 'province-operator', 'approver', 'province-approver')],
  ] as const) {
    app.post(
      `/v1/users/${name}`,
      {
        onRequest: rule,
        schema: {
          tags,
          summary: `${name === 'approve' ? 'Approve' : 'Refuse'} all users and changes that an import brought`,
          body: Type.Object(
            {
              importId: Type.String({ minLength: 1, maxLength: 64 }),
              dispatch: Dispatch,
              reason: Type.Optional(Type.String({ minLength: 3, maxLength: 500 })),
            },
            { additionalProperties: false },
          ),
          response: { 200: Type.Object({ importId: Type.String(), users: Type.Integer() }) },
        },
      },
      async (request) => {
        const { importId, dispatch, reason } = request.body
        const order = { dispatch: requireDispatch(dispatch), reason: reason ?? null }
        return { importId, users: await change(actorOf(request), (made) => decideImport(made, importId, name, order)) }
      },
    )
  }

  app.post(
    '/v1/user-uses',
    {
      onRequest: requireRole('agent'),
      schema: {
        tags,
        summary: 'On which day named users were last seen at an edge',
        body: UserUses,
        response: { 200: Type.Object({ seen: Type.Integer({ description: 'users whose last day is later by it' }) }) },
      },
    },
    async (request) => ({ seen: await users.takeUses(request.body) }),
  )
}

function versionOf(header: string | undefined): number | undefined {
  const digits = header === undefined ? undefined : /[0-9]+/.exec(header)?.[0]
  return digits === undefined ? undefined : Number(digits)
}
