import { ControlError, type FieldFault } from '../http/control-error.ts'
import { requireDispatch } from '../registrations/require-dispatch.ts'

/** What is read, or its faults beside those that were found before. */
export function tryRead<T>(errors: FieldFault[], read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof ControlError) || error.errors.length === 0) throw error
    errors.push(...error.errors.map((fault) => ({ vi: error.vi ?? fault.message, ...fault })))
    return undefined
  }
}

/** One refusal for all that is wrong. */
export function manyWrong(errors: readonly FieldFault[]): ControlError {
  return new ControlError('BAD_FIELDS', errors.map(({ message }) => message).join(' '), {
    vi: errors.map(({ message, vi }) => vi ?? message).join(' '),
    errors,
  })
}

/** @throws ControlError BAD_FIELDS */
export function readDispatch(form: URLSearchParams): string {
  const text = (form.get('dispatch') ?? '').trim()
  if (text !== '') return requireDispatch(text)
  const [vi, en] = ['Hãy ghi số công văn, ví dụ 1923/BHXH-CNTT.', 'Name the dispatch, as 1923/BHXH-CNTT.']
  throw new ControlError('BAD_FIELDS', en, { vi, errors: [{ path: '/body/dispatch', message: en, vi }] })
}

/** @throws ControlError BAD_FIELDS */
export function readReason(form: URLSearchParams): string {
  const reason = (form.get('reason') ?? '').trim()
  if (reason.length >= 3 && reason.length <= 500) return reason
  const [vi, en] = ['Hãy ghi lý do (3–500 ký tự).', 'Say why (3 to 500 characters).']
  throw new ControlError('BAD_FIELDS', en, { vi, errors: [{ path: '/body/reason', message: en, vi }] })
}
