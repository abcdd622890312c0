import { Readable } from 'node:stream'
import { csvPieces } from '../../rules/rehearsal/plain-sheet.ts'
import { provinceWords } from '../../rules/rehearsal/province-words.ts'
import { detailSheet } from '../../rules/rehearsal/rehearsal-sheets.ts'
import { busiestFirst } from '../../rules/rehearsal/rehearsed-row.ts'
import type { ControlContext } from '../http/context.ts'
import { ControlError } from '../http/control-error.ts'
import type { ConsoleAnswer, ConsoleRole, ConsoleSite, ConsoleVisit } from '../pages/console.ts'
import { html } from '../pages/html.ts'
import { policyInForce } from '../policy/policy-in-force.ts'
import { type CountQuestion, filterFor, ownProvince } from './count-scope.ts'
import { countingEdges } from './count-view.ts'
import { facilityChanges } from './facility-changes.ts'
import { facilityBody, fileName } from './facility-page.ts'
import { chooserOf, overviewBody } from './overview-page.ts'
import { WORKBOOK_TYPE } from './policy-rehearsal-routes.ts'
import { type CountFilter, readCounts } from './read-counts.ts'
import { createWorkbookWriter } from './write-workbook-apart.ts'

const PATH = '/console/rehearsal'
const MOST_ROWS = 40_000
const OFFICERS: readonly ConsoleRole[] = ['operator', 'province-operator', 'approver', 'province-approver', 'reader', 'province']
const ALL: readonly ConsoleRole[] = [...OFFICERS, 'facility']

/** Pages of the rehearsal of the account policy: an overview for central IT and provinces, and for each facility what it must change. */
export function registerRehearsalArea(site: ConsoleSite, context: ControlContext): void {
  const { store, repository, clock } = context
  const writeWorkbook = createWorkbookWriter()
  const questionOf = ({ query }: ConsoleVisit): CountQuestion => ({
    from: query.get('from') || undefined,
    to: query.get('to') || undefined,
    province: codeOf(query, 'province'),
    facility: codeOf(query, 'facility'),
  })
  const filterOf = (visit: ConsoleVisit, own: CountQuestion = {}): CountFilter =>
    filterFor(visit.actor, { ...questionOf(visit), ...own }, clock.nowMs())

  const facilityPage = async (filter: CountFilter, facility: string): Promise<ConsoleAnswer> => {
    const nowMs = clock.nowMs()
    const inForce = await policyInForce(repository)
    const page = await store.read(async (db) => {
      const { rows, days } = await readCounts(db, filter, 'rows')
      const known = await db.selectFrom('facility').select('name').where('code', '=', facility).executeTakeFirst()
      return {
        name: known?.name ?? '',
        days,
        edges: (await countingEdges(db, filter)).length,
        changes: await facilityChanges(db, facility, rows, inForce, nowMs),
      }
    })
    return {
      title: { vi: 'Những gì cơ sở phải thay đổi', en: 'What the facility must change' },
      isWide: true,
      body: html`${facilityBody({ ...page, facility, filter, inForce, nowMs })}${chooserOf(`${PATH}/facility`, filter, { facility })}`,
    }
  }

  const overview = async (filter: CountFilter, isCentral: boolean): Promise<ConsoleAnswer> => {
    const nowMs = clock.nowMs()
    const inForce = await policyInForce(repository)
    const page = await store.read(async (db) => {
      const found = await readCounts(db, filter, 'sums')
      const facilities = await db.selectFrom('facility').select(['code', 'name']).execute()
      return { found, edges: await countingEdges(db, filter), names: new Map(facilities.map(({ code, name }) => [code, name])) }
    })
    const { managing } = filter
    const kept = isCentral && managing !== undefined ? { province: managing } : {}
    return {
      title: { vi: 'Diễn tập chính sách tài khoản', en: 'Rehearsal of the account policy' },
      isWide: true,
      body: html`${managing === undefined ? '' : html`<p><strong>${provinceWords(managing, nowMs)}</strong></p>`}${chooserOf(PATH, filter, kept)}${overviewBody({ ...page, filter, inForce, isCentral: isCentral && managing === undefined, nowMs })}`,
    }
  }

  site.link(PATH, ALL, { vi: 'Diễn tập chính sách', en: 'Policy rehearsal' })
  site.page(PATH, ALL, async (visit) => {
    const { role, scope } = visit.actor
    if (role === 'facility') return facilityPage(filterOf(visit), scope ?? '')
    return overview(filterOf(visit), ownProvince(visit.actor) === undefined)
  })
  site.page(`${PATH}/facility`, ALL, async (visit) => {
    const filter = filterOf(visit)
    if (filter.facility === undefined) throw new ControlError('BAD_FIELDS', 'No facility is named.', { vi: 'Chưa chọn cơ sở.' })
    return facilityPage(filter, filter.facility)
  })
  site.page(`${PATH}/file`, ALL, async (visit) => {
    const filter = filterOf(visit)
    const { rows } = await store.read((db) => readCounts(db, filter, 'rows'))
    const name = fileName(filter.facility, clock.nowMs())
    const shown = busiestFirst(rows).slice(0, MOST_ROWS)
    if (visit.query.get('kind') === 'csv') {
      const content = Readable.from(csvPieces(detailSheet(shown)))
      return { file: { name: `${name}.csv`, type: 'text/csv; charset=utf-8', content } }
    }
    const content = Buffer.from(await writeWorkbook(shown))
    return { file: { name: `${name}.xlsx`, type: WORKBOOK_TYPE, content } }
  })
}

const CODES = {
  province: { shape: /^[0-9]{2}$/, vi: 'Mã tỉnh gồm 2 chữ số, ví dụ 75.', en: 'The province must be two digits, as 75' },
  facility: { shape: /^[0-9]{5}$/, vi: 'Mã CSKCB gồm 5 chữ số, ví dụ 01234.', en: 'The facility must be five digits, as 01234' },
} as const

/** @throws ControlError BAD_FIELDS */
function codeOf(query: URLSearchParams, field: keyof typeof CODES): string | undefined {
  const text = query.get(field)
  const { shape, vi, en } = CODES[field]
  if (text === null || text === '') return undefined
  if (shape.test(text)) return text
  throw new ControlError('BAD_FIELDS', `${en}, is ${JSON.stringify(text.slice(0, 20))}.`, { vi })
}
