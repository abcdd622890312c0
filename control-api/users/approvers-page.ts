import { parsePerson } from '../access/parse-person.ts'
import { codesWithin } from '../access/within-province.ts'
import type { ControlContext } from '../http/context.ts'
import type { FieldFault } from '../http/control-error.ts'
import type { ConsolePage, ConsoleSite, ConsoleVisit } from '../pages/console.ts'
import { doneNotice } from '../pages/done-notice.ts'
import { manyWrong, readDispatch, readReason, tryRead } from '../pages/form-reading.ts'
import { html } from '../pages/html.ts'
import { NEW_FORM, type SentForm } from '../pages/sent-form.ts'
import { enterApprover, stepApprover } from './approvers.ts'
import { decisionOf, idOf } from './decision-form.ts'
import { readPerson } from './enter-users.ts'
import { approverForm } from './user-form-html.ts'
import { approverTable, type SentDecision } from './user-page-html.ts'
import { MOST_ROWS, provincesOf } from './users-page.ts'

const APPROVERS = '/console/approvers'

/** `/console/approvers`: a province enters who approves its users (form 02/dk-ctn), the assessment centre grants it. */
export function registerApproversPage(site: ConsoleSite, { store, clock, users }: ControlContext): void {
  const show = async (visit: ConsoleVisit, sent: SentForm, decision?: SentDecision): Promise<ConsolePage> => {
    const { actor, query, formField } = visit
    const within = codesWithin(actor)
    const rows = await store.read((db) => {
      const all = db.selectFrom('user_approver').selectAll().orderBy('id', 'desc').limit(MOST_ROWS)
      return (within === undefined ? all : all.where('province', 'in', within)).execute()
    })
    const isCentre = actor.role === 'assessor'
    const nowMs = clock.nowMs()
    const facts = { formField, sent, nowMs, provinces: provincesOf(visit) }
    const entry = html`${approverForm(facts)}
<p><a href="/console/approvers/import">Nhập từ tệp Excel hoặc CSV (mẫu 02/dk-ctn)</a> <span class="en" lang="en">Enter many from a file</span></p>`
    return {
      title: { vi: 'Người phê duyệt của các tỉnh', en: 'Approvers of the provinces' },
      isWide: true,
      body: html`${doneNotice(query)}${decision?.notice}${approverTable(rows, formField, { mayGrant: isCentre, nowMs, decision })}${isCentre ? '' : entry}`,
    }
  }

  site.link(APPROVERS, ['operator', 'province-operator', 'assessor'], { vi: 'Người phê duyệt', en: 'Approvers' })
  site.page(APPROVERS, ['operator', 'province-operator', 'assessor'], (visit) => show(visit, NEW_FORM))
  site.action(
    `${APPROVERS}/enter`,
    ['operator', 'province-operator'],
    async ({ actor, form }) => {
      const text = (name: string): string => (form.get(name) ?? '').trim()
      const errors: FieldFault[] = []
      const account = tryRead(errors, () => parsePerson(text('person')))
      const person = tryRead(errors, () => readPerson({ name: text('name'), citizenId: text('citizenId') }))
      const dispatch = tryRead(errors, () => readDispatch(form))
      if (account === undefined || person === undefined || dispatch === undefined) throw manyWrong(errors)
      const entry = { ...person, province: text('province'), person: account }
      const keys = await users.keys()
      await store.transact(actor, (tx) =>
        enterApprover({ ...tx, actor, atMs: clock.nowMs() }, entry, keys, { dispatch, importId: null }),
      )
      return { location: `${APPROVERS}?done=entered` }
    },
    { path: APPROVERS, show },
  )
  for (const [path, step] of [
    ['approve', 'grant'],
    ['refuse', 'refuse'],
  ] as const)
    site.action(
      `${APPROVERS}/:id/${path}`,
      ['assessor'],
      async (visit) => {
        const { actor, form } = visit
        const order = { dispatch: readDispatch(form), reason: path === 'approve' ? null : readReason(form) }
        await store.transact(actor, (tx) => stepApprover({ ...tx, actor, atMs: clock.nowMs() }, idOf(visit), step, order))
        return { location: `${APPROVERS}?done=${path}` }
      },
      { path: APPROVERS, show: (visit, sent) => show(visit, NEW_FORM, decisionOf(visit, sent)) },
    )
}
