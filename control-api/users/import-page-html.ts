import type { ImportView } from '../imports/import-schemas.ts'
import type { ImportVerdictRow } from '../imports/import-tables.ts'
import { cardTable } from '../pages/card-table.ts'
import { type Html, html } from '../pages/html.ts'
import { both, notice, type PageWords } from '../pages/page.ts'

const VERDICTS: Readonly<Record<string, PageWords>> = {
  add: { vi: 'thêm', en: 'added' },
  change: { vi: 'thay đổi', en: 'changed' },
  disable: { vi: 'khóa', en: 'disabled' },
  cancel: { vi: 'hủy', en: 'cancelled' },
  unchanged: { vi: 'không đổi', en: 'unchanged' },
  refused: { vi: 'SAI', en: 'wrong' },
}

const number = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, '.')

/** What became of a file, the wrong rows first. */
export function importResult(
  view: ImportView,
  verdicts: readonly ImportVerdictRow[],
  { path, back, isAgain }: { readonly path: string; readonly back: string; readonly isAgain: boolean },
): Html {
  const { counts } = view
  const facts: readonly (readonly [PageWords, string])[] = [
    [{ vi: 'Mẫu, trang tính', en: 'Form, sheet' }, `${view.form}, ${view.sheet}`],
    [{ vi: 'Công văn', en: 'Dispatch' }, view.dispatch],
    [{ vi: 'Số dòng', en: 'Rows' }, number(counts.rows)],
    [{ vi: 'Thêm', en: 'Added' }, number(counts.adds)],
    [{ vi: 'Thay đổi, khóa', en: 'Changed, disabled' }, number(counts.changes)],
    [{ vi: 'Hủy', en: 'Cancelled' }, number(counts.cancels)],
    [{ vi: 'Không đổi', en: 'Unchanged' }, number(counts.unchanged)],
    [{ vi: 'Sai', en: 'Wrong' }, number(counts.refused)],
    [{ vi: 'Đang chờ duyệt', en: 'Waiting for approval' }, number(view.waiting.adds + view.waiting.changes)],
  ]
  const more =
    counts.rows > verdicts.length
      ? html`<p>${both({ vi: `${number(verdicts.length)} dòng đầu, dòng sai trước; tất cả ở tệp CSV.`, en: 'The first rows, wrong ones before others.' })}</p>`
      : ''
  return html`${isAgain ? notice('info', { vi: 'Tệp này đã được nhập trước đây; đây là kết quả của lần đó.', en: 'This file was taken before; this is its result.' }) : ''}${fateOf(view)}
<dl>${facts.map(([words, value]) => html`<dt>${both(words)}</dt><dd>${value}</dd>`)}</dl>
<p><a href="${path}/file">Tải kết quả từng dòng (CSV)</a> · <a href="${back}">Gửi tệp khác</a> <span class="en" lang="en">Verdicts as CSV · another file</span></p>
${cardTable(
  [
    { vi: 'Dòng', en: 'Row', isNumber: true },
    { vi: 'Kết quả', en: 'Verdict' },
    { vi: 'Mã CSKCB', en: 'Facility' },
    { vi: 'Giải thích', en: 'Explanation' },
  ],
  verdicts.map((row) => [
    row.row,
    VERDICTS[row.verdict] === undefined ? row.verdict : both(VERDICTS[row.verdict] ?? { vi: '', en: '' }),
    row.facility,
    html`${row.message_vi}<span class="en" lang="en">${row.message_en}</span>`,
  ]),
)}${more}`
}

function fateOf({ taken, accept, counts }: ImportView): Html {
  if (taken && counts.adds + counts.changes + counts.cancels === 0)
    return notice('info', {
      vi: 'Danh sách đã đúng như tệp; không có gì thay đổi.',
      en: 'The list says so already; nothing changed.',
    })
  if (taken)
    return notice('good', {
      vi: 'Đã nhập toàn bộ tệp, chờ người khác phê duyệt.',
      en: 'All of it was taken; another person approves.',
    })
  if (counts.refused > 0)
    return notice('fault', {
      vi: `Chưa nhập dòng nào: có ${number(counts.refused)} dòng sai. Hãy sửa trong tệp theo giải thích bên dưới, rồi gửi lại cả tệp.`,
      en: `Nothing was taken: ${counts.refused} rows are wrong. Correct them in the file and send all of it again.`,
    })
  return notice('good', {
    vi:
      accept === 'none'
        ? 'Kiểm tra thử: không có dòng nào sai. Chưa nhập gì; gửi lại và bỏ dấu “Chỉ kiểm tra thử” để nhập.'
        : 'Chưa nhập.',
    en: 'Checked: no row is wrong, and nothing was taken yet.',
  })
}
