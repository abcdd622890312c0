import { Readable } from 'node:stream'
import { Type } from 'typebox'
import { csvPieces } from '../../rules/rehearsal/plain-sheet.ts'
import { MAX_REHEARSAL_BYTES, RehearsalCounts } from '../../rules/rehearsal/rehearsal-counts.ts'
import { detailSheet } from '../../rules/rehearsal/rehearsal-sheets.ts'
import { busiestFirst } from '../../rules/rehearsal/rehearsed-row.ts'
import { actorOf, requireRole } from '../http/access.ts'
import type { ControlApp, ControlContext } from '../http/context.ts'
import { policyInForce } from '../policy/policy-in-force.ts'
import { type CountQuestion, filterFor } from './count-scope.ts'
import { CountRowView, countingEdges, PolicyRehearsalView, policyRehearsalView, rowViews } from './count-view.ts'
import { type CountDetail, type CountFilter, readCounts } from './read-counts.ts'
import { createWorkbookWriter } from './write-workbook-apart.ts'

const tags = ['rehearsal']
const MOST_ROWS = 40_000
export const WORKBOOK_TYPE = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'
const dayText = (what: string) =>
  Type.Optional(Type.String({ maxLength: 10, description: `${what}, such as 2026-11-22 (Asia/Ho_Chi_Minh)` }))
const Question = Type.Object(
  {
    from: dayText('first day; 30 days if both are left out'),
    to: dayText('last day; today if left out'),
    province: Type.Optional(
      Type.String({ pattern: '^[0-9]{2}$', description: 'only facilities that it manages, by its number of today' }),
    ),
    facility: Type.Optional(Type.String({ pattern: '^[0-9]{5}$' })),
  },
  { additionalProperties: false },
)

/** What rules of the account policy refuse or would refuse: edges tell it, and central, provinces and facilities read what is theirs. */
export function registerPolicyRehearsalRoutes(app: ControlApp, context: ControlContext): void {
  const { store, repository, clock, rehearsal } = context
  const readers = () =>
    requireRole('operator', 'province-operator', 'approver', 'province-approver', 'reader', 'province', 'facility')
  const writeWorkbook = createWorkbookWriter()
  const found = (filter: CountFilter, detail: CountDetail) => store.read((db) => readCounts(db, filter, detail))
  const asked = (request: Parameters<typeof actorOf>[0], query: CountQuestion): CountFilter =>
    filterFor(actorOf(request), query, clock.nowMs())

  app.post(
    '/v1/rehearsal-counts',
    {
      onRequest: requireRole('agent'),
      bodyLimit: MAX_REHEARSAL_BYTES,
      schema: {
        tags,
        summary: 'What rules of the account policy refused or would have refused at an edge: sums of a day, which only grow',
        body: RehearsalCounts,
        response: {
          200: Type.Object({
            taken: Type.Integer(),
            refused: Type.Integer({ description: 'of days that are forgotten, or have not come' }),
            dropped: Type.Integer({ description: 'for which there was no room' }),
          }),
        },
      },
    },
    async (request) => rehearsal.take(actorOf(request).person, request.body),
  )

  app.get(
    '/v1/policy-rehearsal',
    {
      onRequest: readers(),
      schema: {
        tags,
        summary:
          'What rules of the account policy refuse or would refuse, by reason, province, facility, function and client software',
        description: 'A province sees the facilities that it manages, a facility itself. `GET /v1/rehearsal` tells of addresses.',
        querystring: Question,
        response: { 200: PolicyRehearsalView },
      },
    },
    async (request) => {
      const filter = asked(request, request.query)
      const edges = await store.read((db) => countingEdges(db, filter))
      return policyRehearsalView(filter, await found(filter, 'sums'), edges, await policyInForce(repository))
    },
  )

  app.get(
    '/v1/policy-rehearsal/rows',
    {
      onRequest: readers(),
      schema: {
        tags,
        summary: 'The same row by row, with accounts and addresses, the busiest first',
        querystring: Type.Object(
          {
            ...Question.properties,
            limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MOST_ROWS, description: '1,000 if left out' })),
          },
          { additionalProperties: false },
        ),
        response: { 200: Type.Object({ rows: Type.Array(CountRowView), isCut: Type.Boolean() }) },
      },
    },
    async (request) => {
      const { limit = 1000, ...question } = request.query
      const { rows, isCut } = await found(asked(request, question), 'rows')
      return { rows: rowViews(rows, limit), isCut: isCut || rows.length > limit }
    },
  )

  app.get(
    '/v1/policy-rehearsal.csv',
    {
      onRequest: readers(),
      schema: { tags, summary: 'Its rows as CSV (UTF-8); no cell is a formula', querystring: Question, produces: ['text/csv'] },
    },
    async (request, reply) => {
      const { rows } = await found(asked(request, request.query), 'rows')
      return reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', 'attachment; filename="policy-rehearsal.csv"')
        .send(Readable.from(csvPieces(detailSheet(busiestFirst(rows).slice(0, MOST_ROWS)))))
    },
  )

  app.get(
    '/v1/policy-rehearsal.xlsx',
    {
      onRequest: readers(),
      schema: { tags, summary: 'Sums and rows as a workbook', querystring: Question, produces: [WORKBOOK_TYPE] },
    },
    async (request, reply) => {
      const { rows } = await found(asked(request, request.query), 'rows')
      const bytes = await writeWorkbook(busiestFirst(rows).slice(0, MOST_ROWS))
      return reply
        .type(WORKBOOK_TYPE)
        .header('content-disposition', 'attachment; filename="policy-rehearsal.xlsx"')
        .send(Buffer.from(bytes))
    },
  )
}
