import { provinceWords } from '../../rules/rehearsal/province-words.ts'
import { portalTimeText } from '../../rules/requests/portal-time-text.ts'
import { rightsOf, type UserRight } from '../../rules/users/user-right.ts'
import { cardTable } from '../pages/card-table.ts'
import { textField } from '../pages/form-fields.ts'
import { type Html, type HtmlPiece, html } from '../pages/html.ts'
import { both, notice, type PageWords } from '../pages/page.ts'
import { NEW_FORM, type SentForm } from '../pages/sent-form.ts'
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
      lastUse(row),
    ]),
  )
}

/** Nobody has used what waits; and the day of approval, from which idle days are counted, is no use. */
function lastUse({ state, seen_day, used_day }: UserRow): Html | string {
  if (state === 'waiting' || state === 'refused') return both({ vi: 'chưa dùng được', en: 'cannot be used yet' })
  if (used_day !== null) return dayWords(used_day)
  const never = both({ vi: 'chưa dùng lần nào', en: 'never' })
  return state === 'active' ? html`${never}<br>${both({ vi: `duyệt ngày ${dayWords(seen_day)}`, en: 'approved then' })}` : never
}

const dayWords = (day: string): string => day.split('-').reverse().join('/')

function wantedHtml(row: UserRow): Html | string {
  const wanted = wantedOf(row)
  return wanted === undefined ? '' : html`<br>${both({ vi: 'đang xin:', en: 'wanted:' })} ${rightsWords(rightsOf(wanted.rights))}`
}

/** A decision that was refused: whose, and what was typed. */
export interface SentDecision {
  /** As the path names it. */
  readonly id: string
  readonly sent: SentForm
  /** What is said above the table, where it is not said beside the field. */
  readonly notice: Html | undefined
}

/** A file of which something waits. */
export interface WaitingFile {
  readonly id: string
  readonly taken_by: string
  readonly dispatch: string
  readonly at_ms: number
  readonly users: number
  /** Whether what became of its rows is the actor's to see. */
  readonly mayRead: boolean
}

/** Files of which something waits: all of one is decided at once. */
export function waitingFiles(files: readonly WaitingFile[], formField: Html, decision?: SentDecision): Html | undefined {
  if (files.length === 0) return undefined
  const table = cardTable(
    [
      { vi: 'Tệp', en: 'File' },
      { vi: 'Người nhập, công văn', en: 'Entered by, dispatch' },
      { vi: 'Số người chờ duyệt', en: 'Waiting', isNumber: true },
      { vi: 'Quyết định cho cả tệp', en: 'Decision on all of it' },
    ],
    files.map((file): HtmlPiece[] => [
      file.mayRead ? html`<a href="/console/imports/${file.id}">${timeWords(file.at_ms)}</a>` : timeWords(file.at_ms),
      html`${file.taken_by}<br>${file.dispatch}`,
      Number(file.users),
      decisionForms(`/console/users/waiting/${file.id}`, { ...file, version: 1 }, formField, decision),
    ]),
  )
  return html`<h2>${both({ vi: 'Theo tệp đã nhập', en: 'By file' })}</h2>${table}<h2>${both({ vi: 'Từng người', en: 'One by one' })}</h2>`
}

/** `23/11/2026 01:14` in Asia/Ho_Chi_Minh. */
function timeWords(atMs: number): string {
  const [day = '', time = ''] = portalTimeText(atMs).split('T')
  return `${dayWords(day)} ${time.slice(0, 5)}`
}

/** What waits in the provinces of an approver, each with its own forms. */
export function waitingTable(rows: readonly UserRow[], formField: Html, decision?: SentDecision): Html {
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
      decisionForms(`/console/users/${row.id}`, row, formField, decision),
    ]),
  )
}

/** Two forms: yes by one button, no with a reason. */
function decisionForms(
  path: string,
  row: { readonly id: number | string; readonly version: number; readonly dispatch: string },
  formField: Html,
  decision?: SentDecision,
): Html {
  const same = html`${formField}<input type="hidden" name="version" value="${row.version}"><input type="hidden" name="dispatch" value="${row.dispatch}">`
  const isMine = decision?.id === String(row.id) && decision.sent.valueOf('reason') !== undefined
  const reason = textField(isMine ? decision.sent : NEW_FORM, 'reason', {
    id: `reason-${row.id}`,
    words: { vi: 'Lý do', en: 'Reason' },
    more: html`minlength="3" maxlength="500" required`,
  })
  return html`<form method="post" action="${path}/approve">${same}<button>Duyệt <span lang="en">(approve)</span></button></form>
<details${isMine ? html` open` : ''}><summary>Từ chối <span lang="en">(refuse)</span></summary><form method="post" action="${path}/refuse">${same}${reason}<button class="quiet">Từ chối</button></form></details>`
}

const APPROVER_STATES: Readonly<Record<ApproverRow['state'], PageWords>> = {
  waiting: { vi: 'chờ cấp quyền', en: 'waiting' },
  granted: { vi: 'được phê duyệt người dùng', en: 'granted' },
  revoked: { vi: 'đã thu hồi', en: 'revoked' },
  refused: { vi: 'bị từ chối', en: 'refused' },
}

/** The approvers of all provinces; the assessment centre grants those who wait. */
export function approverTable(
  rows: readonly ApproverRow[],
  formField: Html,
  {
    mayGrant,
    nowMs,
    decision,
  }: { readonly mayGrant: boolean; readonly nowMs: number; readonly decision?: SentDecision | undefined },
): Html {
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
      mayGrant && row.state === 'waiting' ? decisionForms(`/console/approvers/${row.id}`, row, formField, decision) : '',
    ]),
  )
}
