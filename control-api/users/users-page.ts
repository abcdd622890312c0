import { provinceWords } from '../../rules/rehearsal/province-words.ts'
import { USER_RIGHTS } from '../../rules/users/user-right.ts'
import { codesWithin, isWithin, provinceOf } from '../access/within-province.ts'
import type { ControlContext } from '../http/context.ts'
import type { FieldFault } from '../http/control-error.ts'
import type { ConsolePage, ConsoleRole, ConsoleSite, ConsoleVisit } from '../pages/console.ts'
import { doneNotice } from '../pages/done-notice.ts'
import { manyWrong, readDispatch, tryRead } from '../pages/form-reading.ts'
import { type Html, html } from '../pages/html.ts'
import { notice } from '../pages/page.ts'
import { NEW_FORM, type SentForm, sentForm } from '../pages/sent-form.ts'
import { enterUser, readPerson } from './enter-users.ts'
import { findKnownFacility } from './known-facility.ts'
import type { UserEntry } from './user-entry.ts'
import { findDayMs } from './user-fields.ts'
import { enterForm, facilityChooser } from './user-form-html.ts'
import { userTable } from './user-page-html.ts'

export const USERS = '/console/users'
/** Rows of one page: more are found by their facility, or come in by an import. */
export const MOST_ROWS = 200
const DAY_MS = 86_400_000
const ROLES: readonly ConsoleRole[] = ['facility', 'operator', 'province-operator']
const FACILITY_WORDS = { vi: 'Mã CSKCB gồm 5 chữ số, ví dụ 01234.', en: 'A facility has five digits, as 01234.' }

/** `/console/users`: a facility’s users, and form 01/dk-ctn for one person. */
export function registerUsersPage(site: ConsoleSite, { store, clock, users }: ControlContext): void {
  const show = async (visit: ConsoleVisit, chosen: string, sent: SentForm): Promise<ConsolePage> => {
    const { actor, query, formField } = visit
    const isFixed = actor.role === 'facility'
    const facility = isFixed ? (actor.scope ?? '') : chosen
    const isCode = /^[0-9]{5}$/.test(facility)
    const nowMs = clock.nowMs()
    const found = isCode ? await readFacility(visit, facility) : undefined
    const chooserSent =
      facility === '' || isCode || sent.isSent
        ? NEW_FORM
        : sentForm(query, { words: FACILITY_WORDS, fields: new Map([['facility', FACILITY_WORDS]]) })
    const facts = { formField, sent, nowMs, provinces: provincesOf(visit) }
    return {
      title: { vi: 'Người dùng của cơ sở', en: 'Users of a facility' },
      isWide: true,
      body: html`${doneNotice(query)}${isFixed ? '' : facilityChooser(USERS, chooserSent, facility)}${found}${enterForm(facts, { facility: isCode && isWithin(actor, facility) ? facility : '', isFixed })}
<p><a href="${USERS}/import">Nhập từ tệp Excel hoặc CSV (mẫu 01/dk-ctn)</a> <span class="en" lang="en">Enter many from a file</span></p>`,
    }
  }

  /** The users of a facility, or what is to be done where nobody knows it. */
  const readFacility = async ({ actor }: ConsoleVisit, facility: string): Promise<Html> => {
    const within = codesWithin(actor)
    const [known, rows] = await store.read(async (db) => {
      const all = db.selectFrom('portal_user').selectAll().where('facility', '=', facility).orderBy('id', 'desc').limit(MOST_ROWS)
      return [
        await findKnownFacility(db, facility),
        await (within === undefined ? all : all.where('province', 'in', within)).execute(),
      ] as const
    })
    if (rows.length === 0 && actor.role !== 'facility') {
      if (!isWithin(actor, facility)) return otherProvince(facility, provinceWords(provinceOf(actor) ?? '', clock.nowMs()))
      if (known === undefined) return unknownFacility(facility)
    }
    const name = known?.name
    return html`${name === undefined ? '' : html`<p><strong>${facility}</strong> ${name}</p>`}${userTable(rows)}`
  }

  site.link(USERS, ROLES, { vi: 'Người dùng', en: 'Users' })
  site.page(USERS, ROLES, (visit) => show(visit, (visit.query.get('facility') ?? '').trim(), NEW_FORM))
  site.action(
    `${USERS}/enter`,
    ROLES,
    async (visit) => {
      const { entry, dispatch } = readEntry(visit, clock.nowMs())
      const keys = await users.keys()
      const { actor } = visit
      await store.transact(actor, (tx) => enterUser({ ...tx, actor, atMs: clock.nowMs() }, entry, keys, dispatch))
      return { location: `${USERS}?facility=${entry.facility}&done=entered` }
    },
    { path: USERS, show: (visit, sent) => show(visit, sent.valueOf('facility') ?? '', sent) },
  )
}

/** Provinces that whoever fills in the form may name; all for whom is for all. */
export function provincesOf({ actor }: ConsoleVisit): readonly string[] | undefined {
  const own = provinceOf(actor)
  return own === undefined ? undefined : [own]
}

/** Reads every field, and tells of all that are wrong at once. @throws ControlError BAD_FIELDS */
function readEntry({ actor, form }: ConsoleVisit, nowMs: number): { readonly entry: UserEntry; readonly dispatch: string } {
  const text = (name: string): string => (form.get(name) ?? '').trim()
  const errors: FieldFault[] = []
  const wrong = (name: string, message: string, vi: string): void => void errors.push({ path: `/body/${name}`, message, vi })
  const facility = actor.role === 'facility' ? (actor.scope ?? '') : text('facility')
  if (!/^[0-9]{5}$/.test(facility)) wrong('facility', FACILITY_WORDS.en, FACILITY_WORDS.vi)
  const person = tryRead(errors, () => readPerson({ name: text('name'), citizenId: text('citizenId') }))
  const rights = USER_RIGHTS.filter((right) => form.getAll('rights').includes(right))
  if (rights.length === 0) wrong('rights', 'Choose at least one right.', 'Chọn ít nhất một quyền.')
  const lastDayMs = text('until') === '' ? null : findDayMs(text('until'))
  if (lastDayMs === undefined)
    wrong('until', 'This is no day; write it as 31/12/2026.', 'Đến hết ngày: ngày không hợp lệ, ví dụ 31/12/2026.')
  const dispatch = tryRead(errors, () => readDispatch(form))
  if (person === undefined || lastDayMs === undefined || dispatch === undefined || errors.length > 0) throw manyWrong(errors)
  const untilMs = lastDayMs === null ? null : lastDayMs + DAY_MS
  return { entry: { ...person, facility, province: text('province'), rights, fromMs: nowMs, untilMs }, dispatch }
}

function unknownFacility(facility: string): Html {
  return notice('info', {
    vi: `Chưa có cơ sở nào mang mã ${facility}: mã này chưa đăng ký địa chỉ IP (mẫu 02/th-ip-ctn) và chưa có người dùng. Hãy kiểm tra lại 5 chữ số trên hợp đồng KCB BHYT. Nếu mã đúng, hãy đăng ký người dùng đầu tiên ở biểu mẫu bên dưới, và đề nghị tỉnh đăng ký IP.`,
    en: `No facility ${facility} is known: it has registered no address and has no user. Check the five digits. If they are right, enter its first user below and have the province register its address.`,
  })
}

function otherProvince(facility: string, own: string): Html {
  return notice('info', {
    vi: `Mã ${facility} không thuộc tỉnh của mã truy cập này (${own}). Hãy kiểm tra lại mã, hoặc liên hệ tỉnh quản lý cơ sở, Trung tâm CNTT.`,
    en: `Facility ${facility} is not of the province of this access token. Check the code, or ask its province or central IT.`,
  })
}
