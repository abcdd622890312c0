import { ControlError } from '../http/control-error.ts'
import type { ConsoleVisit } from '../pages/console.ts'
import { notice } from '../pages/page.ts'
import type { SentForm } from '../pages/sent-form.ts'
import type { SentDecision } from './user-page-html.ts'

/** What the path names. @throws ControlError NOT_FOUND */
export function idOf({ params }: ConsoleVisit): number {
  const id = Number(params.id)
  if (Number.isSafeInteger(id) && id > 0) return id
  throw new ControlError('NOT_FOUND', 'There is nothing at this path.', { vi: 'Không tìm thấy.' })
}

/** @throws ControlError BAD_FIELDS */
export function reasonOf(form: URLSearchParams): string {
  const reason = (form.get('reason') ?? '').trim()
  if (reason.length >= 3 && reason.length <= 500) return reason
  const [vi, en] = ['Hãy ghi lý do (3–500 ký tự).', 'Say why (3 to 500 characters).']
  throw new ControlError('BAD_FIELDS', en, { vi, errors: [{ path: '/body/reason', message: en, vi }] })
}

/** A decision that was refused, to be shown beside what it was about. */
export function decisionOf({ params }: ConsoleVisit, sent: SentForm): SentDecision {
  const hasPlace = sent.faultOf('reason') !== undefined
  return { id: params.id ?? '', sent, notice: sent.fault === undefined || hasPlace ? undefined : notice('fault', sent.fault) }
}
