import { provinceCodesAt, successorOf } from '../../rules/provinces/province-names.ts'
import { provinceWords } from '../../rules/rehearsal/province-words.ts'
import { rightsOf, USER_RIGHTS, type UserRight } from '../../rules/users/user-right.ts'
import { cardTable } from '../pages/card-table.ts'
import { type Html, type HtmlPiece, html } from '../pages/html.ts'
import { both, notice, type PageWords } from '../pages/page.ts'
import { wantedOf } from './user-entry.ts'
import { USER_FIELDS } from './user-forms.ts'
import type { ApproverRow, UserRow, UserState } from './user-tables.ts'

const STATE_WORDS: Readonly<Record<UserState, PageWords>> = {
  waiting: { vi: 'chờ duyệt', en: 'waiting' },
  active: { vi: 'đang dùng', en: 'active' },
  disabled: { vi: 'bị khóa', en: 'disabled' },
  cancelled: { vi: 'đã hủy', en: 'cancelled' },
  refused: { vi: 'bị từ chối', en: 'refused' },
}

const DISPATCH: PageWords = { vi: 'Số công văn', en: 'Number of the dispatch' }
const ANY = { vi: 'để trống nếu không có', en: 'empty where there is none' }

/** A field with its label. */
function field(name: string, words: PageWords, more: Html, value = ''): Html {
  return html`<label for="${name}">${both(words)}</label>
<input id="${name}" name="${name}" value="${value}" ${more}>`
}

function personFields(): Html {
  return html`${field('name', { vi: 'Họ và tên', en: 'Name' }, html`autocomplete="off" minlength="2" maxlength="100" required`)}
${field('citizenId', { vi: 'Số CCCD (12 chữ số; chỉ đọc một lần, không lưu)', en: 'Citizen ID (read once, kept nowhere)' }, html`inputmode="numeric" autocomplete="off" maxlength="20" required`)}`
}

function provinceField(chosen: string, nowMs: number): Html {
  const options = provinceCodesAt(nowMs).map(
    (code) => html`<option value="${code}"${code === chosen ? html` selected` : ''}>${provinceWords(code, nowMs)}</option>`,
  )
  return html`<label for="province">${both({ vi: 'Tỉnh quản lý', en: 'Managing province' })}</label>
<select id="province" name="province" required>${options}</select>`
}

/** Form 01/dk-ctn for one person. */
export function enterForm(
  formField: Html,
  { facility, isFixed, nowMs }: { facility: string; isFixed: boolean; nowMs: number },
): Html {
  const before = facility.slice(0, 2)
  const rights = USER_RIGHTS.map(
    (right) => html`<label><input type="checkbox" name="rights" value="${right}">${USER_FIELDS[right]}</label>`,
  )
  return html`<h2>${both({ vi: 'Đăng ký người dùng (mẫu 01/dk-ctn)', en: 'Register a user' })}</h2>
<form method="post" action="/console/users/enter">${formField}
${isFixed ? html`<p>Mã CSKCB: <strong>${facility}</strong></p><input type="hidden" name="facility" value="${facility}">` : field('facility', { vi: 'Mã CSKCB', en: 'Facility' }, html`inputmode="numeric" maxlength="5" pattern="[0-9]{5}" required`, facility)}
${provinceField(successorOf(before) ?? before, nowMs)}
${personFields()}
<fieldset><legend>${both({ vi: 'Quyền', en: 'Rights' })}</legend>${rights}</fieldset>
${field('until', { vi: 'Đến hết ngày (dd/mm/yyyy)', en: 'Last day' }, html`placeholder="31/12/2026" maxlength="10" aria-describedby="until-any"`)}
<p id="until-any">${both(ANY)}</p>
${field('dispatch', DISPATCH, html`maxlength="120" required`)}
<button>Gửi đăng ký <span lang="en">(register)</span></button>
</form>`
}

const rightsWords = (rights: readonly UserRight[]): string => rights.map((right) => USER_FIELDS[right]).join(', ')

/** The users of one facility. */
export function userTable(rows: readonly UserRow[]): Html {
  if (rows.length === 0)
    return notice('info', {
      vi: 'Cơ sở chưa đăng ký người dùng nào. Từ 01/08/2024 chỉ đăng nhập bằng tài khoản của từng người (1923/BHXH-CNTT).',
      en: 'No user is registered yet. Since 2024-08-01 people log in by name only.',
    })
  return cardTable(
    [
      { vi: 'Họ và tên', en: 'Name' },
      { vi: 'CCCD', en: 'Citizen ID' },
      { vi: 'Quyền', en: 'Rights' },
      { vi: 'Trạng thái', en: 'State' },
      { vi: 'Dùng gần nhất', en: 'Last used' },
    ],
    rows.map((row): HtmlPiece[] => [
      row.name,
      row.shown,
      html`${rightsWords(rightsOf(row.rights))}${wantedHtml(row)}`,
      html`${both(STATE_WORDS[row.state])}${row.end_reason === null ? '' : html`<br>${row.end_reason}`}`,
      isUsable(row) ? row.seen_day.split('-').reverse().join('/') : both({ vi: 'chưa dùng được', en: 'cannot be used yet' }),
    ]),
  )
}

/** Before the approval the day is that of the entry, not of a use. */
const isUsable = ({ state }: UserRow): boolean => state !== 'waiting' && state !== 'refused'

function wantedHtml(row: UserRow): Html | string {
  const wanted = wantedOf(row)
  return wanted === undefined ? '' : html`<br>${both({ vi: 'đang xin:', en: 'wanted:' })} ${rightsWords(rightsOf(wanted.rights))}`
}

/** What waits in the provinces of an approver, each with its own forms. */
export function waitingTable(rows: readonly UserRow[], formField: Html): Html {
  if (rows.length === 0) return notice('good', { vi: 'Không có gì chờ phê duyệt.', en: 'Nothing waits for approval.' })
  return cardTable(
    [
      { vi: 'CSKCB', en: 'Facility' },
      { vi: 'Họ và tên', en: 'Name' },
      { vi: 'CCCD', en: 'Citizen ID' },
      { vi: 'Quyền', en: 'Rights' },
      { vi: 'Người nhập, công văn', en: 'Entered by, dispatch' },
      { vi: 'Quyết định', en: 'Decision' },
    ],
    rows.map((row): HtmlPiece[] => [
      row.facility,
      row.name,
      row.shown,
      html`${rightsWords(rightsOf(row.rights))}${wantedHtml(row)}`,
      html`${wantedOf(row)?.by ?? row.entered_by}<br>${row.dispatch}`,
      decisionForms(`/console/users/${row.id}`, row, formField),
    ]),
  )
}

/** Two forms: yes by one button, no with a reason. */
function decisionForms(path: string, row: { readonly version: number; readonly dispatch: string }, formField: Html): Html {
  const same = html`${formField}<input type="hidden" name="version" value="${row.version}"><input type="hidden" name="dispatch" value="${row.dispatch}">`
  return html`<form method="post" action="${path}/approve">${same}<button>Duyệt <span lang="en">(approve)</span></button></form>
<details><summary>Từ chối <span lang="en">(refuse)</span></summary><form method="post" action="${path}/refuse">${same}<label>${both({ vi: 'Lý do', en: 'Reason' })}<input name="reason" minlength="3" maxlength="500" required></label><button class="quiet">Từ chối</button></form></details>`
}

const APPROVER_STATES: Readonly<Record<ApproverRow['state'], PageWords>> = {
  waiting: { vi: 'chờ cấp quyền', en: 'waiting' },
  granted: { vi: 'được phê duyệt người dùng', en: 'granted' },
  revoked: { vi: 'đã thu hồi', en: 'revoked' },
  refused: { vi: 'bị từ chối', en: 'refused' },
}

/** The approvers of all provinces; the assessment centre grants those who wait. */
export function approverTable(rows: readonly ApproverRow[], formField: Html, mayGrant: boolean, nowMs: number): Html {
  if (rows.length === 0)
    return notice('info', { vi: 'Chưa có người phê duyệt nào được đăng ký.', en: 'No approver is entered yet.' })
  return cardTable(
    [
      { vi: 'Tỉnh', en: 'Province' },
      { vi: 'Họ và tên', en: 'Name' },
      { vi: 'Tài khoản', en: 'Person' },
      { vi: 'Trạng thái', en: 'State' },
      { vi: 'Quyết định', en: 'Decision' },
    ],
    rows.map((row): HtmlPiece[] => [
      provinceWords(row.province, nowMs),
      row.name,
      row.person,
      both(APPROVER_STATES[row.state]),
      mayGrant && row.state === 'waiting' ? decisionForms(`/console/approvers/${row.id}`, row, formField) : '',
    ]),
  )
}

/** Form 02/dk-ctn for one person. */
export function approverForm(formField: Html, nowMs: number): Html {
  return html`<h2>${both({ vi: 'Đăng ký người phê duyệt (mẫu 02/dk-ctn)', en: 'Enter an approver' })}</h2>
<form method="post" action="/console/approvers/enter">${formField}
${provinceField('', nowMs)}
${field('person', { vi: 'Tài khoản ở hệ thống này', en: 'Person of an access token' }, html`autocomplete="off" maxlength="100" required`)}
${personFields()}
${field('dispatch', DISPATCH, html`maxlength="120" required`)}
<button>Gửi đăng ký <span lang="en">(enter)</span></button>
</form>`
}
