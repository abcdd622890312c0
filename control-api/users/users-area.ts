import { USER_RIGHTS } from '../../rules/users/user-right.ts'
import { parsePerson } from '../access/parse-person.ts'
import { codesWithin, isWithin } from '../access/within-province.ts'
import type { ControlContext } from '../http/context.ts'
import { ControlError } from '../http/control-error.ts'
import type { ConsoleSite, ConsoleVisit } from '../pages/console.ts'
import { html } from '../pages/html.ts'
import { notice, type PageWords } from '../pages/page.ts'
import type { Change } from '../registrations/registration.ts'
import { requireDispatch } from '../registrations/require-dispatch.ts'
import { approveUser, refuseUser } from './approve-users.ts'
import { enterApprover, stepApprover } from './approvers.ts'
import { enterUser, readPerson } from './enter-users.ts'
import { findDayMs } from './user-fields.ts'
import { approverForm, approverTable, enterForm, userTable, waitingTable } from './user-page-html.ts'

const USERS = '/console/users'
const WAITING = '/console/users/waiting'
const APPROVERS = '/console/approvers'
/** Rows of one page: more are found by their facility, or come in by an import. */
const MOST_ROWS = 200
const DAY_MS = 86_400_000

/** `/console/users`: a facility registers its users, their province approves (form 01/dk-ctn); the assessment centre grants the right to approve (02/dk-ctn). */
export function registerUsersArea(site: ConsoleSite, { store, clock, users }: ControlContext): void {
  const change = <T>({ actor }: ConsoleVisit, work: (change: Change) => Promise<T>): Promise<T> =>
    store.transact(actor, (tx) => work({ ...tx, actor, atMs: clock.nowMs() }))

  site.link(USERS, ['facility', 'operator', 'province-operator'], { vi: 'Người dùng', en: 'Users' })
  site.page(USERS, ['facility', 'operator', 'province-operator'], async (visit) => {
    const { query, formField } = visit
    const isFixed = visit.actor.role === 'facility'
    const facility = facilityOf(visit, query.get('facility'))
    const within = codesWithin(visit.actor)
    const rows = await store.read((db) => {
      const all = db.selectFrom('portal_user').selectAll().where('facility', '=', facility).orderBy('id', 'desc').limit(MOST_ROWS)
      return (within === undefined ? all : all.where('province', 'in', within)).execute()
    })
    const chooser = isFixed
      ? ''
      : html`<form method="get" action="${USERS}"><label for="which">Mã CSKCB</label><input id="which" name="facility" value="${facility}" inputmode="numeric" maxlength="5" pattern="[0-9]{5}" required><button class="quiet">Xem <span lang="en">(show)</span></button></form>`
    return {
      title: { vi: 'Người dùng của cơ sở', en: 'Users of a facility' },
      isWide: true,
      body: html`${doneNotice(query)}${chooser}${facility === '' ? '' : userTable(rows)}${enterForm(formField, { facility, isFixed, nowMs: clock.nowMs() })}`,
    }
  })
  site.action(`${USERS}/enter`, ['facility', 'operator', 'province-operator'], async (visit) => {
    const text = (name: string): string => visit.form.get(name) ?? ''
    const facility = facilityOf(visit, text('facility'))
    if (facility === '') throw fieldError('Mã CSKCB gồm 5 chữ số.', 'A facility has five digits.')
    const rights = USER_RIGHTS.filter((right) => visit.form.getAll('rights').includes(right))
    if (rights.length === 0) throw fieldError('Chọn ít nhất một quyền.', 'Choose at least one right.')
    const lastDayMs = text('until') === '' ? null : findDayMs(text('until'))
    if (lastDayMs === undefined)
      throw fieldError('Đến hết ngày: ngày không hợp lệ, ví dụ 31/12/2026.', 'Last day: this is no day; write it as 31/12/2026.')
    const person = readPerson({ name: text('name'), citizenId: text('citizenId') })
    const period = { fromMs: clock.nowMs(), untilMs: lastDayMs === null ? null : lastDayMs + DAY_MS }
    const dispatch = dispatchOf(visit)
    const keys = await users.keys()
    const entry = { ...person, ...period, facility, province: text('province'), rights }
    await change(visit, (made) => enterUser(made, entry, keys, dispatch))
    return { location: `${USERS}?facility=${facility}&done=entered` }
  })

  site.link(WAITING, ['approver', 'province-approver'], { vi: 'Người dùng chờ duyệt', en: 'Users who wait' })
  site.page(WAITING, ['approver', 'province-approver'], async ({ actor, query, formField }) => {
    const rows = await store.read(async (db) => {
      const granted = await db
        .selectFrom('user_approver')
        .select('province')
        .where('person', '=', actor.person)
        .where('state', '=', 'granted')
        .execute()
      const own = granted.map(({ province }) => province).filter((province) => isWithin(actor, province))
      return db
        .selectFrom('portal_user')
        .selectAll()
        .where('province', 'in', own)
        .where((eb) =>
          eb.or([eb('state', '=', 'waiting'), eb.and([eb('wanted', 'is not', null), eb('state', 'in', ['active', 'disabled'])])]),
        )
        .orderBy('id')
        .limit(MOST_ROWS)
        .execute()
    })
    return {
      title: { vi: 'Người dùng chờ phê duyệt', en: 'Users who wait for approval' },
      isWide: true,
      body: html`${doneNotice(query)}${waitingTable(rows, formField)}`,
    }
  })
  for (const [step, work] of [
    ['approve', approveUser],
    ['refuse', refuseUser],
  ] as const)
    site.action(`${USERS}/:id/${step}`, ['approver', 'province-approver'], async (visit) => {
      const order = { dispatch: dispatchOf(visit), reason: reasonOf(visit, step), version: Number(visit.form.get('version')) }
      await change(visit, (made) => work(made, idOf(visit), order))
      return { location: `${WAITING}?done=${step}` }
    })

  site.link(APPROVERS, ['operator', 'province-operator', 'assessor'], { vi: 'Người phê duyệt', en: 'Approvers' })
  site.page(APPROVERS, ['operator', 'province-operator', 'assessor'], async ({ actor, query, formField }) => {
    const within = codesWithin(actor)
    const rows = await store.read((db) => {
      const all = db.selectFrom('user_approver').selectAll().orderBy('id', 'desc').limit(MOST_ROWS)
      return (within === undefined ? all : all.where('province', 'in', within)).execute()
    })
    const isCentre = actor.role === 'assessor'
    const nowMs = clock.nowMs()
    return {
      title: { vi: 'Người phê duyệt của các tỉnh', en: 'Approvers of the provinces' },
      isWide: true,
      body: html`${doneNotice(query)}${approverTable(rows, formField, isCentre, nowMs)}${isCentre ? '' : approverForm(formField, nowMs)}`,
    }
  })
  site.action(`${APPROVERS}/enter`, ['operator', 'province-operator'], async (visit) => {
    const text = (name: string): string => visit.form.get(name) ?? ''
    const person = readPerson({ name: text('name'), citizenId: text('citizenId') })
    const entry = { ...person, province: text('province'), person: parsePerson(text('person')) }
    const dispatch = dispatchOf(visit)
    const keys = await users.keys()
    await change(visit, (made) => enterApprover(made, entry, keys, { dispatch, importId: null }))
    return { location: `${APPROVERS}?done=entered` }
  })
  for (const [path, step] of [
    ['approve', 'grant'],
    ['refuse', 'refuse'],
  ] as const)
    site.action(`${APPROVERS}/:id/${path}`, ['assessor'], async (visit) => {
      const order = { dispatch: dispatchOf(visit), reason: reasonOf(visit, path) }
      await change(visit, (made) => stepApprover(made, idOf(visit), step, order))
      return { location: `${APPROVERS}?done=${path}` }
    })
}

/** A facility's own, whatever was sent; what an operator chose. */
function facilityOf({ actor }: ConsoleVisit, chosen: string | null): string {
  if (actor.role === 'facility') return actor.scope ?? ''
  return chosen !== null && /^[0-9]{5}$/.test(chosen) ? chosen : ''
}

function idOf({ params }: ConsoleVisit): number {
  const id = Number(params.id)
  if (Number.isSafeInteger(id) && id > 0) return id
  throw new ControlError('NOT_FOUND', 'There is nothing at this path.', { vi: 'Không tìm thấy.' })
}

function dispatchOf({ form }: ConsoleVisit): string {
  const text = (form.get('dispatch') ?? '').trim()
  if (text === '') throw fieldError('Hãy ghi số công văn.', 'Name the dispatch.')
  return requireDispatch(text)
}

function reasonOf({ form }: ConsoleVisit, step: 'approve' | 'refuse'): string | null {
  const reason = (form.get('reason') ?? '').trim()
  if (step === 'approve') return null
  if (reason.length >= 3 && reason.length <= 500) return reason
  throw fieldError('Hãy ghi lý do (3–500 ký tự).', 'Say why (3 to 500 characters).')
}

function fieldError(vi: string, en: string): ControlError {
  return new ControlError('BAD_FIELDS', en, { vi })
}

const DONE: Readonly<Record<string, PageWords>> = {
  entered: { vi: 'Đã ghi nhận, chờ phê duyệt.', en: 'Entered; another person approves.' },
  approve: { vi: 'Đã phê duyệt.', en: 'Approved.' },
  refuse: { vi: 'Đã từ chối.', en: 'Refused.' },
}

function doneNotice(query: URLSearchParams) {
  const words = DONE[query.get('done') ?? '']
  return words === undefined ? '' : notice('good', words)
}
