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

/** A decision that was refused, to be shown beside what it was about. */
export function decisionOf({ params }: ConsoleVisit, sent: SentForm): SentDecision {
  return { id: params.id ?? '', sent, notice: sent.fault === undefined ? undefined : notice('fault', sent.fault) }
}
