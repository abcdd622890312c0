import { hideIdentifiers } from '../../rules/requests/hide-identifiers.ts'
import { isDispatch } from '../../rules/revisions/owner-text.ts'
import { ControlError } from '../http/control-error.ts'

/** A dispatch number goes into every signed list: printable, single spaces, at most 120 characters. @throws ControlError BAD_FIELDS */
export function requireDispatch(text: string, path = '/body/dispatch'): string {
  if (isDispatch(text) && hideIdentifiers(text) === text) return text
  const message = 'must be printable text with single spaces, at most 120 characters, no ten digits in a row, as 1923/BHXH-CNTT'
  const vi = 'Số công văn phải là chữ in được, tối đa 120 ký tự, không có từ 10 chữ số liền nhau, ví dụ 1923/BHXH-CNTT.'
  throw new ControlError('BAD_FIELDS', `The dispatch number ${JSON.stringify(hideIdentifiers(text).slice(0, 40))} ${message}.`, {
    vi,
    errors: [{ path, message, vi }],
  })
}
