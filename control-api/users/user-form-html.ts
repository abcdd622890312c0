import { provinceCodesAt, successorOf } from '../../rules/provinces/province-names.ts'
import { provinceWords } from '../../rules/rehearsal/province-words.ts'
import { USER_RIGHTS } from '../../rules/users/user-right.ts'
import { choiceField, textField, tickFields } from '../pages/form-fields.ts'
import { type Html, html } from '../pages/html.ts'
import { both, type PageWords } from '../pages/page.ts'
import { refusalNotice } from '../pages/refusal-notice.ts'
import type { SentForm } from '../pages/sent-form.ts'
import { USER_FIELDS } from './user-forms.ts'

const DISPATCH: PageWords = { vi: 'Số công văn', en: 'Number of the dispatch' }
const FACILITY_SHAPE = html`inputmode="numeric" maxlength="5" pattern="[0-9]{5}" required`

export interface FormFacts {
  /** Begin of every form. */
  readonly formField: Html
  readonly sent: SentForm
  readonly nowMs: number
  /** Codes that the form offers; those of today if left out. */
  readonly provinces?: readonly string[] | undefined
}

/** Which facility is looked at. */
export function facilityChooser(path: string, sent: SentForm, facility: string): Html {
  const field = textField(sent, 'facility', {
    id: 'which',
    words: { vi: 'Mã CSKCB', en: 'Facility' },
    value: facility,
    more: FACILITY_SHAPE,
  })
  return html`<form method="get" action="${path}">${field}<button class="quiet">Xem <span lang="en">(show)</span></button></form>`
}

/** Form 01/dk-ctn for one person. */
export function enterForm(
  facts: FormFacts,
  { facility, isFixed }: { readonly facility: string; readonly isFixed: boolean },
): Html {
  const { formField, sent } = facts
  const before = facility.slice(0, 2)
  return html`<h2>${both({ vi: 'Đăng ký người dùng (mẫu 01/dk-ctn)', en: 'Register a user' })}</h2>
${refusalNotice(sent)}<form method="post" action="/console/users/enter">${formField}
${isFixed ? html`<p>Mã CSKCB: <strong>${facility}</strong></p><input type="hidden" name="facility" value="${facility}">` : textField(sent, 'facility', { words: { vi: 'Mã CSKCB', en: 'Facility' }, value: facility, more: FACILITY_SHAPE })}
${provinceField(facts, successorOf(before) ?? before)}
${personFields(sent)}
${tickFields(sent, 'rights', { words: { vi: 'Quyền', en: 'Rights' }, choices: USER_RIGHTS.map((value) => ({ value, words: USER_FIELDS[value] })) })}
${textField(sent, 'until', {
  words: { vi: 'Đến hết ngày (dd/mm/yyyy)', en: 'Last day' },
  hint: { vi: 'để trống nếu không có', en: 'empty where there is none' },
  more: html`placeholder="31/12/2026" maxlength="10" inputmode="numeric"`,
})}
${dispatchField(sent)}
<button>Gửi đăng ký <span lang="en">(register)</span></button>
</form>`
}

/** Form 02/dk-ctn for one person. */
export function approverForm(facts: FormFacts): Html {
  const { formField, sent } = facts
  return html`<h2>${both({ vi: 'Đăng ký người phê duyệt (mẫu 02/dk-ctn)', en: 'Enter an approver' })}</h2>
${refusalNotice(sent)}<form method="post" action="/console/approvers/enter">${formField}
${provinceField(facts, '')}
${textField(sent, 'person', {
  words: { vi: 'Tài khoản ở hệ thống này', en: 'Person of an access token' },
  more: html`autocomplete="off" maxlength="100" required`,
})}
${personFields(sent)}
${dispatchField(sent)}
<button>Gửi đăng ký <span lang="en">(enter)</span></button>
</form>`
}

/** The province that manages what the form is about. */
export function provinceField({ sent, nowMs, provinces }: FormFacts, chosen: string): Html {
  return choiceField(sent, 'province', {
    words: { vi: 'Tỉnh quản lý', en: 'Managing province' },
    value: chosen,
    choices: (provinces ?? provinceCodesAt(nowMs)).map((value) => ({ value, words: provinceWords(value, nowMs) })),
    more: html`required`,
  })
}

/** The dispatch that orders it. */
export function dispatchField(sent: SentForm): Html {
  return textField(sent, 'dispatch', { words: DISPATCH, more: html`maxlength="120" required` })
}

function personFields(sent: SentForm): Html {
  const name = textField(sent, 'name', {
    words: { vi: 'Họ và tên', en: 'Name' },
    more: html`autocomplete="off" minlength="2" maxlength="100" required`,
  })
  const citizenId = textField(sent, 'citizenId', {
    words: { vi: 'Số CCCD (12 chữ số; chỉ đọc một lần, không lưu)', en: 'Citizen ID (read once, kept nowhere)' },
    ...(sent.isSent ? { hint: { vi: 'Số CCCD không được giữ lại: hãy nhập lại.', en: 'It is not kept: type it again.' } } : {}),
    more: html`inputmode="numeric" autocomplete="off" maxlength="20" required`,
  })
  return html`${name}
${citizenId}`
}
