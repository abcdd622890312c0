import type { Html } from '../pages/html.ts'
import { notice, type PageWords } from '../pages/page.ts'

const DONE: Readonly<Record<string, PageWords>> = {
  entered: { vi: 'Đã ghi nhận, chờ phê duyệt.', en: 'Entered; another person approves.' },
  approve: { vi: 'Đã phê duyệt.', en: 'Approved.' },
  refuse: { vi: 'Đã từ chối.', en: 'Refused.' },
  revoke: { vi: 'Đã thu hồi, có hiệu lực ngay.', en: 'Revoked, at once.' },
  unlock: { vi: 'Đã mở khóa.', en: 'Unlocked.' },
}

/** What was done before this page was shown. */
export function doneNotice(query: URLSearchParams): Html | undefined {
  const words = DONE[query.get('done') ?? '']
  return words === undefined ? undefined : notice('good', words)
}
