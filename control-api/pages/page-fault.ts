import type { FastifyRequest } from 'fastify'
import { CONTROL_ERRORS, ControlError, type ControlErrorCode } from '../http/control-error.ts'
import type { PageWords } from './page.ts'

/** What of a refusal the reader of a page is told. */
export interface PageFault {
  readonly status: number
  readonly code: ControlErrorCode
  readonly words: PageWords
  /** What is wrong with single fields, by their names. */
  readonly fields: ReadonlyMap<string, PageWords>
  readonly facts: Readonly<Record<string, unknown>>
}

/** The words of a refusal; anything else is a fault of ours, which the log tells and the page does not. */
export function pageFault(error: unknown, request: FastifyRequest): PageFault {
  if (!(error instanceof ControlError)) {
    request.log.error({ err: error }, 'page failed')
    return pageFault(new ControlError('BUSY', 'The system is busy; try again in a few minutes.'), request)
  }
  const { status } = CONTROL_ERRORS[error.code]
  const words = { vi: error.vi ?? plainWords(error.code), en: error.message }
  const fields = error.errors.map(
    ({ path, message, vi }) => [path.split('/').at(-1) ?? '', { vi: vi ?? words.vi, en: message }] as const,
  )
  return { status, code: error.code, words, fields: new Map(fields), facts: error.facts }
}

/** For a refusal that brings no Vietnamese of its own: what to do, which is not always to wait. */
function plainWords(code: ControlErrorCode): string {
  const { status } = CONTROL_ERRORS[code]
  if (status >= 500 || status === 429) return 'Hệ thống đang bận, hãy thử lại sau ít phút.'
  if (status === 404) return 'Không tìm thấy trang hoặc mục này. Hãy quay lại và chọn từ danh sách.'
  if (status === 401) return 'Phiên đăng nhập không còn hiệu lực. Hãy đăng nhập lại.'
  if (status === 403) return 'Anh/chị không có quyền thực hiện việc này.'
  if (status === 409 || status === 412) return 'Mục này đã ở trạng thái khác. Hãy tải lại trang để xem hiện trạng.'
  if (status === 413) return 'Nội dung gửi lên quá dài. Hãy rút ngắn rồi gửi lại.'
  return 'Thông tin nhập vào thiếu hoặc không hợp lệ. Hãy quay lại, sửa rồi gửi lại.'
}
