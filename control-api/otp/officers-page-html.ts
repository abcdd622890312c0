import { provinceWords } from '../../rules/rehearsal/province-words.ts'
import { cardTable } from '../pages/card-table.ts'
import { choiceField, textField } from '../pages/form-fields.ts'
import { type Html, type HtmlPiece, html } from '../pages/html.ts'
import { both, notice, type PageWords } from '../pages/page.ts'
import { refusalNotice } from '../pages/refusal-notice.ts'
import { NEW_FORM, type SentForm } from '../pages/sent-form.ts'
import type { OfficerView } from './officer-view.ts'

export const OFFICERS = '/console/officers'

export const OFFICER_STATES: Readonly<Record<OfficerView['state'], PageWords>> = {
  waiting: { vi: 'chờ duyệt', en: 'waiting' },
  approved: { vi: 'được lấy OTP', en: 'may get codes' },
  refused: { vi: 'bị từ chối', en: 'refused' },
  revoked: { vi: 'đã thu hồi', en: 'revoked' },
}

/** A step that was refused: whose, which, and what was typed. */
export interface SentStep {
  readonly id: string
  readonly step: string
  readonly sent: SentForm
}

export interface OfficerTableFacts {
  readonly formField: Html
  readonly mayApprove: boolean
  readonly nowMs: number
  readonly refused?: SentStep | undefined
}

/** Officers with what may be done about each. */
export function officerTable(officers: readonly OfficerView[], facts: OfficerTableFacts): Html {
  if (officers.length === 0)
    return notice('info', {
      vi: 'Không có cán bộ nào trong danh sách này. Chỉ cán bộ có trong danh sách được duyệt mới lấy được mã OTP (1232/BHXH-CNTT).',
      en: 'There is no such officer. Only officers on an approved list get codes.',
    })
  return cardTable(
    [
      { vi: 'Tỉnh', en: 'Province' },
      { vi: 'Họ tên', en: 'Name' },
      { vi: 'Mã BHXH, điện thoại', en: 'BHXH number, phone' },
      { vi: 'Tài khoản', en: 'Account' },
      { vi: 'Trạng thái', en: 'State' },
      { vi: 'Việc', en: 'To do' },
    ],
    officers.map((officer): HtmlPiece[] => [
      provinceWords(officer.province, facts.nowMs),
      officer.name,
      html`${officer.bhxhCode}<br>${officer.phone}`,
      officer.account,
      stateHtml(officer),
      stepsHtml(officer, facts),
    ]),
  )
}

function stateHtml({ state, enteredBy, approvedBy, endedBy, reason, dispatch, wrongDay, attackers }: OfficerView): Html {
  const people = [
    `nhập: ${enteredBy}`,
    ...(approvedBy === null ? [] : [`duyệt: ${approvedBy}`]),
    ...(endedBy === null ? [] : [`kết thúc: ${endedBy}`]),
  ]
  const wrong =
    wrongDay === 0
      ? ''
      : html`<br><strong>${both({ vi: `${wrongDay} mã sai trong 24 giờ, ${attackers} nguồn lạ`, en: 'wrong codes within a day' })}</strong>`
  return html`${both(OFFICER_STATES[state])}<br>${dispatch}<br>${people.join('; ')}${reason === null ? '' : html`<br>${reason}`}${wrong}`
}

function stepsHtml(officer: OfficerView, { formField, mayApprove, refused }: OfficerTableFacts): HtmlPiece {
  const { id, state, dispatch, wrongDay } = officer
  const path = `${OFFICERS}/${id}`
  const step = (name: string, words: PageWords, isEnd: boolean): Html => {
    const isMine = refused?.id === id && refused.step === name
    const sent = isMine ? refused.sent : NEW_FORM
    const order = textField(sent, 'dispatch', {
      id: `dispatch-${name}-${id}`,
      words: { vi: 'Số công văn', en: 'Dispatch' },
      value: dispatch,
      more: html`maxlength="120" required`,
    })
    const why = textField(sent, 'reason', {
      id: `reason-${name}-${id}`,
      words: { vi: 'Lý do', en: 'Reason' },
      more: html`minlength="3" maxlength="500" required`,
    })
    return html`<details${isMine ? html` open` : ''}><summary>${both(words)}</summary><form method="post" action="${path}/${name}">${formField}${isEnd ? order : ''}${why}<button class="quiet">${words.vi}</button></form></details>`
  }
  const approve = html`<form method="post" action="${path}/approve">${formField}<input type="hidden" name="dispatch" value="${dispatch}"><button>Duyệt <span lang="en">(approve)</span></button></form>`
  return [
    state === 'waiting' && mayApprove ? approve : '',
    state === 'waiting' ? step('refuse', { vi: 'Từ chối', en: 'refuse' }, true) : '',
    state === 'approved' ? step('revoke', { vi: 'Thu hồi ngay', en: 'revoke at once' }, true) : '',
    wrongDay > 0 ? step('unlock', { vi: 'Mở khóa sau khi gọi lại xác minh', en: 'unlock after calling back' }, false) : '',
  ]
}

export interface OfficerChoice {
  readonly province: string
  readonly state: string
}

/** Which officers are looked at. */
export function officerChooser({ province, state }: OfficerChoice, provinces: readonly string[], nowMs: number): Html {
  const all = provinces.length > 1 ? [{ value: '', words: 'Tất cả' }] : []
  return html`<form method="get" action="${OFFICERS}">
${choiceField(NEW_FORM, 'province', { id: 'of', words: { vi: 'Tỉnh', en: 'Province' }, value: province, choices: [...all, ...provinces.map((value) => ({ value, words: provinceWords(value, nowMs) }))] })}
${choiceField(NEW_FORM, 'state', { id: 'state', words: { vi: 'Trạng thái', en: 'State' }, value: state, choices: [{ value: '', words: 'Tất cả' }, ...Object.entries(OFFICER_STATES).map(([value, { vi }]) => ({ value, words: vi }))] })}
<button class="quiet">Xem <span lang="en">(show)</span></button></form>`
}

/** Form for one officer. */
export function officerForm(formField: Html, sent: SentForm, provinces: readonly string[], nowMs: number): Html {
  const numbers = html`inputmode="numeric" autocomplete="off" maxlength="20" required`
  return html`<h2>${both({ vi: 'Đăng ký cán bộ được lấy OTP', en: 'Enter an officer' })}</h2>
${refusalNotice(sent)}<form method="post" action="${OFFICERS}/enter">${formField}
${choiceField(sent, 'province', { words: { vi: 'Tỉnh', en: 'Province' }, value: provinces[0], choices: provinces.map((value) => ({ value, words: provinceWords(value, nowMs) })), more: html`required` })}
${textField(sent, 'name', { words: { vi: 'Họ tên', en: 'Name' }, more: html`autocomplete="off" minlength="2" maxlength="100" required` })}
${textField(sent, 'bhxhCode', { words: { vi: 'Mã số BHXH của chính cán bộ (10 chữ số)', en: 'The officer’s own BHXH number' }, more: numbers })}
${textField(sent, 'phone', { words: { vi: 'Số di động nhận mã OTP', en: 'Mobile phone that gets the codes' }, more: html`type="tel" autocomplete="off" maxlength="20" required` })}
${textField(sent, 'account', {
  words: { vi: 'Tài khoản Cổng giám định', en: 'Portal account' },
  hint: {
    vi: `01234_ và 12 số CCCD, hoặc 01234_BV.${sent.isSent ? ' Tài khoản có số CCCD không được giữ lại: hãy nhập lại.' : ''}`,
    en: '01234_ and a citizen ID, or 01234_BV; one with a citizen ID is not kept.',
  },
  more: html`autocomplete="off" maxlength="64" required`,
})}
${textField(sent, 'dispatch', { words: { vi: 'Số công văn', en: 'Number of the dispatch' }, more: html`maxlength="120" required` })}
<button>Gửi đăng ký <span lang="en">(enter)</span></button>
</form>`
}
