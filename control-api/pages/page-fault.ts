import type { FastifyRequest } from 'fastify'
import { CONTROL_ERRORS, ControlError, type ControlErrorCode } from '../http/control-error.ts'
import type { PageWords } from './page.ts'

/** What of a refusal the reader of a page is told. */
export interface PageFault {
  readonly status: number
  readonly code: ControlErrorCode
  readonly words: PageWords
  readonly facts: Readonly<Record<string, unknown>>
}

/** The words of a refusal; anything else is a fault of ours, which the log tells and the page does not. */
export function pageFault(error: unknown, request: FastifyRequest): PageFault {
  if (!(error instanceof ControlError)) {
    request.log.error({ err: error }, 'page failed')
    return pageFault(new ControlError('BUSY', 'The system is busy; try again in a few minutes.'), request)
  }
  const { status, title } = CONTROL_ERRORS[error.code]
  const vi = error.vi ?? 'Hệ thống đang bận, hãy thử lại sau ít phút.'
  const words = { vi, en: error.vi === undefined ? title : error.message }
  return { status, code: error.code, words, facts: error.facts }
}
