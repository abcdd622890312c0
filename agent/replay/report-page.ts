import type { VerdictAction } from '../../rules/detect/detector.ts'
import { MERGER_AT_MS, provinceName, successorOf } from '../../rules/provinces/province-names.ts'
import { hideIdentifiers } from '../../rules/requests/hide-identifiers.ts'
import { LINE_FAULTS, type LineFault } from '../../rules/requests/line-fault.ts'
import { type Html, html } from '../status/html.ts'
import type { AccountFigures, FileFigures, ReportFigures } from './report-figures.ts'
import { ACTION_WORDS, both, count, fact, persons, ruleOf, section, table, timeOf } from './report-parts.ts'
import { personsPlot, timePlot } from './report-plots.ts'
import { REPORT_HEAD } from './report-style.ts'

/** Accounts told of one by one; the others stand in the ranking and in the sums. */
const MAX_CASES = 200
const MAX_RANKED = 50
const STRENGTH: Readonly<Record<VerdictAction, number>> = { suspend: 3, throttle: 2, watch: 1, release: 0 }

const FAULT_WORDS: Readonly<Record<LineFault, string>> = {
  EMPTY_LINE: 'dòng trống',
  LINE_TOO_LONG: 'dòng dài hơn giới hạn 1 MiB',
  NOT_JSON: 'không phải một đối tượng JSON trọn vẹn, có thể bị cắt',
  DUPLICATE_KEY: 'một khóa xuất hiện hai lần, không thể tin giá trị nào',
  MISSING_FIELD: 'thiếu at, ip hoặc uri, hoặc không phải văn bản',
  BAD_LAYOUT: 'không đúng bố cục của định dạng nhật ký, có thể bị cắt',
  BAD_TIME: 'thời gian không hợp lệ hoặc không có múi giờ',
  BAD_ADDRESS: 'địa chỉ máy khách không phải một địa chỉ IP',
}

/** The report of a replay for an investigator: one page that needs nothing but itself, on screen, phone and A4. Vietnamese first. */
export function reportPage(figures: ReportFigures): string {
  const flagged = flaggedOf(figures.accounts)
  const page = html`<!doctype html>
<html lang="vi"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="no-referrer"><title>Edgeward · Báo cáo tra cứu theo tài khoản</title>${REPORT_HEAD}</head><body>
<header><h1>${both('Báo cáo tra cứu theo tài khoản', 'Look-ups by account')}</h1><small>${periodOf(figures)}</small></header>
<main>${stateOf(figures, flagged)}${readOf(figures)}${overviewOf(figures)}${casesOf(flagged, figures)}${rankingOf(figures)}${provincesOf(figures)}${methodOf()}</main>
</body></html>`
  return `${page.text}\n`
}

/** Those with a verdict, the strongest first. */
function flaggedOf(accounts: readonly AccountFigures[]): AccountFigures[] {
  return accounts
    .filter(({ verdicts }) => verdicts.length > 0)
    .toSorted((a, b) => STRENGTH[strongest(b)] - STRENGTH[strongest(a)] || b.lookups - a.lookups)
}

function strongest({ verdicts }: AccountFigures): VerdictAction {
  return verdicts.reduce<VerdictAction>((best, { action }) => (STRENGTH[action] > STRENGTH[best] ? action : best), 'release')
}

function periodOf({ totals: { requests, fromMs, toMs } }: ReportFigures): Html {
  if (requests === 0) return both('Không có yêu cầu nào', 'No request')
  return html`${timeOf(fromMs)} – ${timeOf(toMs)} · ${both('giờ Việt Nam', 'Vietnam time')}`
}

function stateOf({ totals, lookups }: ReportFigures, flagged: readonly AccountFigures[]): Html {
  if (totals.requests === 0)
    return html`<div class="state wait"><p><strong>${both('Không đọc được yêu cầu nào trong nhật ký.', 'No request was read from the log.')}</strong></p><p>${both(
      'Kiểm tra định dạng (--format) và tệp đã chọn; lý do từng dòng nằm bên dưới.',
      'Check the format (--format) and the files; why each line was not read stands below.',
    )}</p></div>`
  if (flagged.length === 0)
    return html`<div class="state good"><p><strong>${both('Không có tài khoản nào bị cảnh báo.', 'No account was flagged.')}</strong> ${count(lookups)} ${both('lượt tra cứu.', 'look-ups.')}</p></div>`
  const suspended = flagged.filter((account) => strongest(account) === 'suspend').length
  return html`<div class="state bad"><p><strong>${count(flagged.length)} ${both('tài khoản bị cảnh báo', 'accounts were flagged')}</strong>; ${count(suspended)} ${both('trong số đó phải tạm khóa.', 'of them were to be suspended.')}</p></div>`
}

function readOf({ files, totals }: ReportFigures): Html {
  const columns = [
    { vi: 'Tệp', en: 'File' },
    { vi: 'Dòng', en: 'Lines', isNumber: true },
    { vi: 'Đã hiểu', en: 'Understood', isNumber: true },
    { vi: 'Không đọc được', en: 'Not read', isNumber: true },
  ]
  const cells = ({ lines, requests }: Pick<FileFigures, 'lines' | 'requests'>): string[] => [
    count(lines),
    count(requests),
    count(lines - requests),
  ]
  const sums = [both('Tổng', 'Sum'), ...cells(totals)]
  const rows = files.map((file) => [html`<code>${hideIdentifiers(file.name)}</code>`, ...cells(file)])
  const faults = Object.entries(totals.faults) as [LineFault, number][]
  const reasons = faults
    .toSorted((a, b) => b[1] - a[1])
    .map(([code, number]) => [html`<code>${code}</code>`, both(FAULT_WORDS[code], LINE_FAULTS[code]), count(number)])
  const reasonColumns = [
    { vi: 'Mã', en: 'Code' },
    { vi: 'Lý do', en: 'Reason' },
    { vi: 'Dòng', en: 'Lines', isNumber: true },
  ]
  return section(
    both('Nhật ký đã đọc', 'Logs that were read'),
    html`${table(columns, rows, sums)}${reasons.length === 0 ? html`` : html`<p>${both('Dòng không đọc được, theo lý do', 'Lines not read, by reason')}</p>${table(reasonColumns, reasons)}`}`,
  )
}

function overviewOf(figures: ReportFigures): Html {
  const { totals, lookups, accounts, dropped, unnamed, hours } = figures
  if (totals.requests === 0) return html``
  const told = accounts.reduce((sum, account) => sum + account.told, 0)
  return section(
    both('Tổng quan', 'Overview'),
    html`<dl>
${fact('Yêu cầu', 'Requests', count(totals.requests))}${fact('Lượt tra cứu được trả lời', 'Look-ups answered', count(lookups))}
${fact('Số người khác nhau', 'Different persons', persons({ told, persons: figures.persons }))}
${fact('Tài khoản', 'Accounts', `${count(accounts.length)}${dropped === 0 ? '' : ` (+ ${count(dropped)})`}`)}
${fact('Lượt không rõ tài khoản', 'Look-ups of no known account', count(unnamed))}
${fact('Yêu cầu đến quá muộn', 'Requests that came too late', count(totals.late))}</dl>
${lookups === 0 ? html`` : html`${timePlot(hours, totals)}${personsPlot(accounts)}`}`,
  )
}

function casesOf(flagged: readonly AccountFigures[], figures: ReportFigures): Html {
  if (figures.totals.requests === 0) return html``
  const rest = flagged.length - MAX_CASES
  const more = rest > 0 ? html`<p>${both(`và ${count(rest)} tài khoản khác`, `and ${count(rest)} accounts more`)}</p>` : html``
  const none = html`<p>${both('Không có.', 'None.')}</p>`
  return section(
    both('Tài khoản bị cảnh báo', 'Flagged accounts'),
    html`${flagged.length === 0 ? none : flagged.slice(0, MAX_CASES).map((account) => caseOf(account, figures))}${more}`,
  )
}

function caseOf(account: AccountFigures, { totals }: ReportFigures): Html {
  const { verdicts, moreVerdicts, facility, firstMs, lastMs } = account
  const sources = [...new Set(verdicts.flatMap(({ sources: each }) => each))].slice(0, 24)
  const { vi, en } = ACTION_WORDS[strongest(account)]
  const steps = verdicts.map(({ atMs, action, rule, evidence }) => {
    const words = ACTION_WORDS[action]
    return html`<li><strong>${timeOf(atMs)}: ${both(words.vi, words.en)}</strong> – ${ruleOf(rule)}<br>${evidence.vi}<br><span lang="en">${evidence.en}</span></li>`
  })
  const more =
    moreVerdicts === 0 ? html`` : html`<p>${both(`và ${count(moreVerdicts)} lần nữa`, `and ${count(moreVerdicts)} more`)}</p>`
  return html`<article class="case"><header><h3><code>${account.account}</code> · ${both(vi, en)}</h3>
<dl>${fact('Cơ sở · tỉnh', 'Facility · province', html`${facility ?? '–'} · ${provinceOf(facility?.slice(0, 2), totals.toMs)}`)}
${fact('Lượt tra cứu · số người khác nhau', 'Look-ups · different persons', `${count(account.lookups)} · ${persons(account)}`)}
${fact('Lượt bị từ chối · không trúng', 'Refused · hit nobody', `${count(account.refused)} · ${count(account.misses)}`)}
${fact('Từ – đến', 'From – to', `${timeOf(firstMs)} – ${timeOf(lastMs)}`)}
${fact('Địa chỉ đã dùng', 'Addresses used', html`<code>${sources.join(' ')}</code>`)}</dl>
${account.lookups === 0 ? html`` : timePlot(account.hours, { fromMs: Math.min(firstMs, totals.fromMs), toMs: totals.toMs }, verdicts)}</header><ol>${steps}</ol>${more}</article>`
}

function rankingOf({ accounts, totals }: ReportFigures): Html {
  if (totals.requests === 0) return html``
  const columns = [
    { vi: 'Hạng', en: 'Rank', isNumber: true },
    { vi: 'Tài khoản', en: 'Account' },
    { vi: 'Lượt tra cứu', en: 'Look-ups', isNumber: true },
    { vi: 'Số người', en: 'Persons', isNumber: true },
    { vi: 'Lượt mỗi người', en: 'Look-ups a person', isNumber: true },
    { vi: 'Giờ cao nhất', en: 'Busiest hour', isNumber: true },
    { vi: 'Không trúng', en: 'Hit nobody', isNumber: true },
    { vi: 'Cảnh báo', en: 'Flag', isWhole: true },
  ]
  const rows = accounts.slice(0, MAX_RANKED).map((account, at) => {
    const { vi, en } = ACTION_WORDS[strongest(account)]
    const repeats = account.persons === 0 ? '–' : (account.told / account.persons).toFixed(1).replace('.', ',')
    return [
      String(at + 1),
      html`<code>${account.account}</code>`,
      count(account.lookups),
      persons(account),
      repeats,
      count(account.hours.peak().count),
      count(account.misses),
      account.verdicts.length === 0 ? '' : both(vi, en),
    ]
  })
  return section(both('Tài khoản tra cứu nhiều nhất', 'Busiest accounts'), table(columns, rows))
}

function provincesOf({ provinces, totals }: ReportFigures): Html {
  if (totals.requests === 0) return html``
  const columns = [
    { vi: 'Tỉnh theo mã cơ sở', en: 'Province by facility code' },
    { vi: 'Cơ sở', en: 'Facilities', isNumber: true },
    { vi: 'Tài khoản', en: 'Accounts', isNumber: true },
    { vi: 'Lượt tra cứu', en: 'Look-ups', isNumber: true },
    { vi: 'Số người', en: 'Persons', isNumber: true },
    { vi: 'Bị cảnh báo', en: 'Flagged', isNumber: true },
    { vi: 'Phải tạm khóa', en: 'To be suspended', isNumber: true },
  ]
  const rows = provinces.map((province) => [
    provinceOf(province.code, totals.toMs),
    count(province.facilities),
    count(province.accounts),
    count(province.lookups),
    persons(province),
    count(province.flagged),
    count(province.suspended),
  ])
  const sum = (key: 'facilities' | 'accounts' | 'lookups' | 'flagged' | 'suspended'): string =>
    count(provinces.reduce((all, province) => all + province[key], 0))
  // Persons are not added up: one may have been looked up in several provinces.
  const sums = [both('Tổng', 'Sum'), sum('facilities'), sum('accounts'), sum('lookups'), '', sum('flagged'), sum('suspended')]
  return section(both('Tổng hợp theo tỉnh', 'Summary by province'), table(columns, rows, sums))
}

/** The province whose facility codes begin so (`15xxx`), and the one it is part of since the merger, if the period reaches into that. */
function provinceOf(prefix: string | undefined, toMs: number): Html {
  if (prefix === undefined) return both('không rõ cơ sở', 'facility not told')
  const before = provinceName(prefix, MERGER_AT_MS - 1)
  const successor = successorOf(prefix)
  const now = successor === undefined ? undefined : provinceName(successor, MERGER_AT_MS)
  const label = `${before ?? '?'} · ${prefix}xxx`
  if (now === undefined || now === before || toMs < MERGER_AT_MS) return html`${label}`
  return html`${label}<br><small>${both(`từ 01/07/2025: ${now}`, `since 01/07/2025: ${now}`)}</small>`
}

function methodOf(): Html {
  return section(
    both('Cách đọc báo cáo này', 'How to read this report'),
    html`<p>${both(
      'Báo cáo được lập từ nhật ký truy cập, theo giờ ghi trong nhật ký, bằng đúng các luật mà hệ thống theo dõi trực tiếp dùng; “phải tạm khóa” là điều các luật ấy kết luận, không phải việc đã làm. Lượt tra cứu chỉ tính khi được trả lời; yêu cầu thử kết nối không tính. Số người khác nhau là ước lượng, sai số khoảng 1 %, tính trên mã băm có khóa; báo cáo không chứa số định danh, số thẻ hay họ tên của ai. Tài khoản có số định danh cá nhân được thay bằng chữ.',
      'Made from access logs by their own time, with the very rules of the live watch; “to be suspended” is what these rules concluded, not what was done. A look-up counts once it was answered; probes of the connection do not count. Different persons are estimated, within about 1 %, from keyed hashes; the report holds no citizen ID, card number or name. Accounts that contain a citizen ID show letters in its place.',
    )}</p>`,
  )
}
