import { Readable } from 'node:stream'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { codesWithin, requireWithin } from '../access/within-province.ts'
import { actorOf, requireOneOf, requireRole } from '../http/access.ts'
import type { ControlApp, ControlContext } from '../http/context.ts'
import { ControlError } from '../http/control-error.ts'
import { parseInstant } from '../registrations/parse-instant.ts'
import { refuseImport } from '../registrations/refuse-import.ts'
import { Dispatch, FacilityCode, ProvinceCode } from '../registrations/registration-schemas.ts'
import { requireDispatch } from '../registrations/require-dispatch.ts'
import type { Actor } from '../store/store.ts'
import { decideImport } from '../users/approve-users.ts'
import { importUsers } from '../users/import-users.ts'
import { APPROVER_FORM, USER_FORM } from '../users/user-forms.ts'
import { ADDRESS_FORM, changeMapping } from './column-mapping.ts'
import { ImportAnswer, ImportView, readImport, VerdictView, verdictViewOf } from './import-schemas.ts'
import type { ImportVerdictRow } from './import-tables.ts'
import { importWorkbook } from './import-workbook.ts'
import { VERDICT_KINDS } from './row-verdict.ts'
import { IMPORT_LIMITS } from './sheet.ts'
import { CSV_HEAD, verdictLine } from './verdicts-csv.ts'

const tags = ['imports']
const FILE_TYPES = ['application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', 'text/csv', 'application/octet-stream']
const MAX_VERDICTS = 1000
const CSV_PAGE_ROWS = 1000

const IdParams = Type.Object({ id: Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' }) })
const VerdictKind = Type.Union(VERDICT_KINDS.map((kind) => Type.Literal(kind)))

const ImportQuery = Type.Object(
  {
    form: Type.Optional(
      Type.Union([Type.Literal('02/th-ip-ctn'), Type.Literal(USER_FORM), Type.Literal(APPROVER_FORM)], {
        description: 'which form the file is; `02/th-ip-ctn` if left out',
      }),
    ),
    facility: Type.Optional(FacilityCode),
    province: Type.Optional(ProvinceCode),
    dispatch: Dispatch,
    accept: Type.Optional(
      Type.Union([Type.Literal('all'), Type.Literal('valid'), Type.Literal('none')], {
        description:
          '`all` (if left out): nothing is taken while one row is refused; `valid`: the rest is taken; `none`: only judge',
      }),
    ),
    sheet: Type.Optional(Type.String({ maxLength: 64, description: 'which sheet, where more than one has a table' })),
    effectiveFrom: Type.Optional(
      Type.String({ maxLength: 40, description: 'ISO 8601 with offset, or a date in Asia/Ho_Chi_Minh' }),
    ),
    force: Type.Optional(Type.Boolean({ description: 'read the file again although it was taken before' })),
  },
  { additionalProperties: false },
)

function isOfUsers(form: string): form is typeof USER_FORM | typeof APPROVER_FORM {
  return form === USER_FORM || form === APPROVER_FORM
}

/** `/v1/imports`: form-02 workbooks with a verdict for every row. */
export function registerImportRoutes(app: ControlApp, context: ControlContext): void {
  const { store } = context
  const readers = requireRole('operator', 'province-operator', 'approver', 'province-approver', 'reader')
  const verdictsOf = (id: string, afterSeq: number, limit: number, kind?: string): Promise<ImportVerdictRow[]> =>
    store.read((db) => {
      const all = db
        .selectFrom('import_verdict')
        .selectAll()
        .where('import_id', '=', id)
        .where('seq', '>', afterSeq)
        .orderBy('seq')
        .limit(limit)
      return (kind === undefined ? all : all.where('verdict', '=', kind)).execute()
    })
  /** Who is for one province reads imports of users and approvers that were made for it. */
  const readOwn = async (actor: Actor, id: string): Promise<ImportView> => {
    const view = await store.read((db) => readImport(db, id))
    if (!isOfUsers(view.form)) requireOneOf(actor, ['operator', 'approver', 'reader'])
    requireWithin(actor, view.province ?? '', '/params/id')
    return view
  }
  /** Refused rows first: they are what somebody must read. */
  const answerOf = async (actor: Actor, id: string, isNew: boolean) => {
    const view = await readOwn(actor, id)
    const refused = await verdictsOf(id, -1, MAX_VERDICTS, 'refused')
    const others = (await verdictsOf(id, -1, MAX_VERDICTS)).filter((row) => row.verdict !== 'refused')
    return { ...view, isNew, verdicts: [...refused, ...others].slice(0, MAX_VERDICTS).map(verdictViewOf) }
  }

  // Parsers of their own, so that no other route takes a file.
  app.register(async (scope) => {
    const files = scope.withTypeProvider<TypeBoxTypeProvider>()
    files.addContentTypeParser(FILE_TYPES, { parseAs: 'buffer', bodyLimit: IMPORT_LIMITS.maxBytes }, (_request, body, done) =>
      done(null, body),
    )
    files.post(
      '/v1/imports',
      {
        onRequest: requireRole('operator', 'province-operator'),
        bodyLimit: IMPORT_LIMITS.maxBytes,
        schema: {
          tags,
          summary:
            'Judge the rows of a form and take them: addresses (02/th-ip-ctn), users (01/dk-ctn) or their approvers (02/dk-ctn)',
          description: 'The body is the file itself (XLSX or CSV). What is taken waits for approval by another person.',
          consumes: FILE_TYPES,
          querystring: ImportQuery,
          body: Type.Unknown({ description: 'the file' }),
          response: { 200: ImportAnswer, 201: ImportAnswer },
        },
      },
      async (request, reply) => {
        const { query, body } = request
        if (!Buffer.isBuffer(body)) throw new ControlError('WRONG_TYPE', `Send the file as ${FILE_TYPES.join(' or ')}.`)
        const actor = actorOf(request)
        const parts = { ...context, randomBytes: (size: number) => context.randomBytes(size) }
        const { form = ADDRESS_FORM.number, ...asked } = query
        if (!isOfUsers(form)) requireOneOf(actor, ['operator'])
        const order = {
          ...asked,
          accept: query.accept ?? 'all',
          effectiveFromMs: query.effectiveFrom === undefined ? undefined : parseInstant(query.effectiveFrom, 'effectiveFrom'),
        }
        const result = isOfUsers(form)
          ? await importUsers(
              { ...parts, keys: await context.users.keys(), mapping: context.config.users },
              actor,
              body,
              order,
              form,
            )
          : await importWorkbook({ ...parts, mapping: changeMapping(context.config.imports) }, actor, body, order)
        const answer = await answerOf(actor, result.importId, result.isNew)
        return reply
          .code(result.isNew ? 201 : 200)
          .header('location', `/v1/imports/${result.importId}`)
          .send(answer)
      },
    )
  })

  app.get(
    '/v1/imports',
    {
      onRequest: readers,
      schema: {
        tags,
        summary: 'The latest imports, newest first, at most 100',
        response: { 200: Type.Object({ items: Type.Array(ImportView) }) },
      },
    },
    async (request) => ({
      items: await store.read(async (db) => {
        const within = codesWithin(actorOf(request))
        const all = db.selectFrom('import').select('id').orderBy('at_ms', 'desc').limit(100)
        const own = within && all.where('form', 'in', [USER_FORM, APPROVER_FORM]).where('province', 'in', within)
        const rows = await (own ?? all).execute()
        const views: ImportView[] = []
        for (const { id } of rows) views.push(await readImport(db, id))
        return views
      }),
    }),
  )

  app.get(
    '/v1/imports/:id',
    {
      onRequest: readers,
      schema: { tags, summary: 'One import with its verdicts', params: IdParams, response: { 200: ImportAnswer } },
    },
    (request) => answerOf(actorOf(request), request.params.id, false),
  )

  app.get(
    '/v1/imports/:id/verdicts',
    {
      onRequest: readers,
      schema: {
        tags,
        summary: 'Verdicts in the order of the rows',
        params: IdParams,
        querystring: Type.Object(
          {
            verdict: Type.Optional(VerdictKind),
            after: Type.Optional(Type.String({ pattern: '^[0-9]{1,9}$', description: '`next` of the page before' })),
            limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, description: '100 if left out' })),
          },
          { additionalProperties: false },
        ),
        response: { 200: Type.Object({ items: Type.Array(VerdictView), next: Type.Union([Type.String(), Type.Null()]) }) },
      },
    },
    async (request) => {
      const { params, query } = request
      await readOwn(actorOf(request), params.id)
      const limit = query.limit ?? 100
      const rows = await verdictsOf(params.id, Number(query.after ?? -1), limit, query.verdict)
      return { items: rows.map(verdictViewOf), next: rows.length < limit ? null : String(rows.at(-1)?.seq ?? '') }
    },
  )

  app.get(
    '/v1/imports/:id/verdicts.csv',
    { onRequest: readers, schema: { tags, summary: 'All verdicts as CSV; no cell is a formula', params: IdParams } },
    async (request, reply) => {
      const { params } = request
      await readOwn(actorOf(request), params.id)
      const lines = async function* () {
        yield CSV_HEAD
        for (let after = -1; ; ) {
          const rows = await verdictsOf(params.id, after, CSV_PAGE_ROWS)
          yield rows.map(verdictLine).join('')
          if (rows.length < CSV_PAGE_ROWS) return
          after = rows.at(-1)?.seq ?? after
        }
      }
      return reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', `attachment; filename="verdicts-${params.id}.csv"`)
        .send(Readable.from(lines()))
    },
  )

  app.post(
    '/v1/imports/:id/refuse',
    {
      onRequest: requireRole('operator', 'province-operator', 'approver', 'province-approver'),
      schema: {
        tags,
        summary: 'Refuse what an import brought and waits: its additions end, its cancels are forgotten',
        params: IdParams,
        body: Type.Object(
          { dispatch: Dispatch, reason: Type.String({ minLength: 3, maxLength: 500 }) },
          { additionalProperties: false },
        ),
        response: { 200: Type.Object({ importId: Type.String(), refused: Type.Integer(), kept: Type.Integer() }) },
      },
    },
    async (request) => {
      const { params, body } = request
      const actor = actorOf(request)
      const dispatch = requireDispatch(body.dispatch)
      const order = { dispatch, reason: body.reason }
      const done = await store.transact(actor, async (tx) => {
        const change = { ...tx, actor, atMs: context.clock.nowMs() }
        const row = await tx.db.selectFrom('import').select('form').where('id', '=', params.id).executeTakeFirst()
        if (row?.form !== USER_FORM) requireOneOf(actor, ['operator', 'approver'])
        if (row?.form !== USER_FORM) return refuseImport(change, params.id, order)
        return { refused: await decideImport(change, params.id, 'refuse', order), kept: 0 }
      })
      return { importId: params.id, ...done }
    },
  )
}
