import { periodWords } from '../../rules/rehearsal/portal-period.ts'
import { REASON_WORDS } from '../../rules/rehearsal/reason-words.ts'
import { COUNT_WORDS, sheetTime } from '../../rules/rehearsal/rehearsal-sheets.ts'
import type { RehearsalSum } from '../../rules/rehearsal/rehearsal-sums.ts'
import type { DayCount } from '../../rules/rehearsal/rehearsed-row.ts'
import type { RuleTerm } from '../../rules/rehearsal/rule-term.ts'
import { findInstantMs } from '../../rules/time/find-instant.ts'
import { type Html, html } from '../pages/html.ts'
import { both, notice, type PageWords } from '../pages/page.ts'
import type { PolicyInForce } from '../policy/policy-in-force.ts'
import type { FacilityChange } from './facility-changes.ts'
import { count, dayPlot, fact, timeWords } from './page-parts.ts'
import type { CountFilter } from './read-counts.ts'

const DAY_MS = 86_400_000
/** Names that are seen without opening a list. */
const MOST_AT_ONCE = 5
const { would: WOULD, refused: REFUSED } = COUNT_WORDS.gate

export interface FacilityPage {
  readonly facility: string
  /** By its registrations; empty where it has none. */
  readonly name: string
  readonly filter: CountFilter
  readonly changes: readonly FacilityChange[]
  readonly days: readonly DayCount[]
  readonly inForce: PolicyInForce
  /** Edges that told anything of the period. */
  readonly edges: number
  readonly nowMs: number
}

/** What one facility must change, for people who read only Vietnamese: what, since when, with what, and whom to call. */
export function facilityBody(page: FacilityPage): Html {
  const { changes, days, inForce, edges, nowMs } = page
  const { contact } = inForce.policy
  if (edges === 0) return html`${about(page)}${notice('info', NOT_COUNTED)}${call(contact)}`
  if (changes.length === 0) return html`${about(page)}${notice('good', NOTHING)}${call(contact)}`
  const refused = changes.some(({ sum }) => sum.refused > 0)
  const first = refused
    ? notice('fault', {
        vi: `Có ${changes.length} việc phải sửa; một số yêu cầu của cơ sở đang bị từ chối.`,
        en: `${changes.length} things to change; some requests of the facility are refused now.`,
      })
    : notice('info', {
        vi: `Có ${changes.length} việc phải sửa trước khi bị từ chối.`,
        en: `${changes.length} things to change before they are refused.`,
      })
  return html`${about(page)}${first}${changes.map((change) => changeCard(change, nowMs))}${call(contact)}<h2>${both({ vi: 'Theo ngày', en: 'By day' })}</h2>${dayPlot(days)}`
}

const NOTHING: PageWords = {
  vi: 'Không có việc gì phải sửa: trong thời gian này không có yêu cầu nào của cơ sở bị hoặc sẽ bị từ chối.',
  en: 'Nothing to change: in this time no request of the facility was refused or would be.',
}
const HELD_BACK: PageWords = {
  vi: 'Các cổng hiện mới chỉ nhắc, chưa từ chối.',
  en: 'The edges only tell it so far.',
}
const NOT_COUNTED: PageWords = {
  vi: 'Chưa có số liệu: trong thời gian này chưa cổng nào gửi số liệu về Trung tâm CNTT.',
  en: 'No figures yet: no edge has told central IT anything of this time.',
}

function about({ facility, name, filter, inForce }: FacilityPage): Html {
  const version =
    inForce.version === null
      ? both({ vi: 'chính sách mặc định theo công văn', en: 'the shipped policy, by the dispatches' })
      : both({
          vi: `chính sách số ${inForce.version}, ban hành ${timeWords(Date.parse(inForce.publishedAt ?? ''))}`,
          en: `policy ${inForce.version}`,
        })
  return html`<p><strong>${facility}${name === '' ? '' : ` · ${name}`}</strong><br>${both({ vi: 'Các ngày', en: 'Days' })} ${periodWords(filter.period)} · ${version} · ${both({ vi: 'giờ Việt Nam', en: 'Vietnam time' })}</p>`
}

function call({ vi, en }: PageWords): Html {
  return html`<div class="state"><p><strong>${both({ vi: 'Cần hỗ trợ', en: 'Whom to call' })}</strong></p><p>${vi}</p><p class="en" lang="en">${en}</p></div>`
}

function changeCard(change: FacilityChange, nowMs: number): Html {
  const { reason, term, sum, functions, accounts, sources, clients } = change
  const words = REASON_WORDS[reason]
  const when = termWords(term, nowMs)
  // An edge may hold its gate back while it is tried out.
  const isHeldBack = term.mode === 'enforce' && term.exemption === undefined && sum.refused === 0
  return html`<section class="card"><h2>${words.vi} <span class="en" lang="en">${words.en}</span></h2>
<p class="todo">${words.todoVi}</p><p class="en" lang="en">${words.todoEn}</p>
<dl>${fact('Khi nào', 'When', html`${both(when)}${isHeldBack ? html` ${both(HELD_BACK)}` : ''}`)}
${fact('Chức năng', 'Functions', list(functions, functionText))}
${fact(
  'Tài khoản',
  'Accounts',
  list(accounts, ({ key, user }) => accountText(key, user)),
)}
${fact(
  'Phần mềm (User-Agent)',
  'Client software',
  list(clients, ({ key }) => (key === '' ? both({ vi: 'không nêu tên', en: 'none named' }) : html`<code>${key}</code>`)),
)}
${fact(
  'Địa chỉ IP',
  'Addresses',
  list(sources, ({ key, isOwn }) => sourceText(key, isOwn)),
)}
${fact(`${WOULD.vi} · ${REFUSED.vi.toLowerCase()}`, `${WOULD.en} · ${REFUSED.en.toLowerCase()}`, `${count(sum.would)} · ${count(sum.refused)}`)}
${fact('Lần đầu – lần cuối', 'First – last seen', `${timeWords(sum.firstMs)} – ${timeWords(sum.lastMs)}`)}</dl></section>`
}

function list<T extends RehearsalSum>(sums: readonly T[], textOf: (sum: T) => Html): Html {
  const items = sums.map(
    (sum) =>
      html`<li>${textOf(sum)} · ${both({ vi: `${count(sum.would + sum.refused)} lượt, lần cuối`, en: 'requests, last' })} ${timeWords(sum.lastMs)}</li>`,
  )
  if (items.length <= MOST_AT_ONCE + 1) return html`<ul>${items}</ul>`
  const more = both({ vi: `và ${count(items.length - MOST_AT_ONCE)} nữa`, en: 'more' })
  return html`<ul>${items.slice(0, MOST_AT_ONCE)}</ul><details><summary>${more}</summary><ul>${items.slice(MOST_AT_ONCE)}</ul></details>`
}

function functionText({ key, stopMs, replacement }: FacilityChange['functions'][number]): Html {
  const stop = stopMs === undefined ? '' : html` – ${both({ vi: `ngừng từ ${timeWords(stopMs)}`, en: 'stopped from then on' })}`
  const instead = replacement === undefined ? '' : html` → ${both({ vi: 'dùng', en: 'use' })} <code>${replacement}</code>`
  return html`<code>${key}</code>${stop}${instead}`
}

function accountText(key: string, user: string | undefined): Html {
  if (key === '') return both({ vi: 'không nêu tài khoản', en: 'none named' })
  if (user !== undefined) return html`${both({ vi: 'người dùng có số định danh', en: 'user' })} <code>${user}</code>`
  // Only the edges can tell whose token it is.
  const isPerson = !/^[0-9]{5}(_(BV|TC))?$/.test(key)
  return isPerson ? html`${both({ vi: 'người dùng', en: 'user' })} <code>${key}</code>` : html`<code>${key}</code>`
}

function sourceText(key: string, isOwn: boolean): Html {
  return html`<code>${key}</code> – ${
    isOwn
      ? both({ vi: 'cơ sở đã đăng ký', en: 'registered' })
      : both({ vi: 'cơ sở chưa đăng ký', en: 'not registered by the facility' })
  }`
}

/** When requests are refused, as a sentence. */
export function termWords({ mode, enforceMs, exemption }: RuleTerm, nowMs: number): PageWords {
  if (mode === 'enforce' && exemption !== undefined) {
    const until = timeWords(findInstantMs(exemption.until) ?? 0)
    return {
      vi: `Được miễn đến ${until} (${exemption.reason}); sau đó bị từ chối.`,
      en: `Spared until then (${exemption.reason}); refused afterwards.`,
    }
  }
  if (mode === 'enforce') {
    const since = enforceMs === undefined || enforceMs === 0 ? '' : ` từ ${timeWords(enforceMs)}`
    return { vi: `Bị từ chối${since}.`, en: 'Refused from then on.' }
  }
  if (enforceMs !== undefined && enforceMs > nowMs) {
    const days = Math.ceil((enforceMs - nowMs) / DAY_MS)
    return {
      vi: `Sẽ bị từ chối từ ${timeWords(enforceMs)}, còn ${days} ngày.`,
      en: `Will be refused from then on, in ${days} days.`,
    }
  }
  if (mode === 'off') return { vi: 'Chính sách hiện hành không áp dụng.', en: 'Not judged by the policy of now.' }
  return { vi: 'Hiện chỉ nhắc, chưa có ngày từ chối.', en: 'Only told so far; no date is set.' }
}

/** `rehearsal-01234-2026-11-22`, for a file. */
export function fileName(facility: string | undefined, nowMs: number): string {
  return `rehearsal${facility === undefined ? '' : `-${facility}`}-${sheetTime(nowMs).slice(0, 10)}`
}
