import { createHash } from 'node:crypto'
import { PORTAL_TIME_ZONE } from '../../rules/time/clock.ts'
import type { AgentStatus } from './agent-status.ts'
import { findAdvice } from './fault-advice.ts'
import { Html, html } from './html.ts'
import { readinessOf } from './readiness.ts'

const REFRESH_S = 15

const STYLE = `
:root{color-scheme:light dark;--line:color-mix(in srgb,currentColor 22%,transparent);--good:#16743a;--bad:#b3261e;--wait:#8a5a00}
@media (prefers-color-scheme:dark){:root{--good:#6fd08f;--bad:#ff9a90;--wait:#f1be5b}}
*{box-sizing:border-box}
body{font:16px/1.45 system-ui,sans-serif;margin:0 auto;max-width:60rem;padding:1rem}
h1{font-size:1.35rem;margin:0}h2{font-size:1.05rem;margin:1.6rem 0 .4rem}
p{margin:.35rem 0}small,[lang=en]{opacity:.72}[lang=en]{font-size:.86em}
.state{border-left:.4rem solid;padding:.2rem .8rem;margin:1rem 0}
.good{border-color:var(--good)}.bad{border-color:var(--bad)}.wait{border-color:var(--wait)}
dl{display:grid;grid-template-columns:minmax(8rem,15rem) 1fr;gap:.3rem 1rem;margin:0}
dt{opacity:.85}dd{margin:0;overflow-wrap:anywhere}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.3rem .6rem .3rem 0;border-bottom:1px solid var(--line);vertical-align:top}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
code{font-size:.9em;overflow-wrap:anywhere}
@media (max-width:30rem){dl{grid-template-columns:1fr}dt{margin-top:.4rem}}
`

const STYLE_TAG = Html.constant(`<style>${STYLE}</style>`)

/** The page's Content-Security-Policy: its own style by hash, and nothing else at all. */
export const PAGE_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** The status for a person, Vietnamese first; works without scripts and at 360 px. */
export function statusPage(status: AgentStatus): string {
  const page = html`<!doctype html>
<html lang="vi"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="${REFRESH_S}"><title>Edgeward · ${status.name}</title>${STYLE_TAG}</head><body>
<header><h1>Edgeward · ${status.name}</h1><small>${timeOf(status.at)} · ${status.agentVersion}</small></header>
<main>${stateOf(status)}${faultsOf(status)}${listOf(status)}${pullOf(status)}${openingsOf(status)}${heldBackOf(status)}${blockedOf(status)}${flagsOf(status)}${refusedOf(status)}${hostOf(status)}</main>
</body></html>`
  return page.text
}

function both(vi: string, en: string): Html {
  return html`${vi} <span lang="en">${en}</span>`
}

function stateOf(status: AgentStatus): Html {
  const { isReady, why } = readinessOf(status)
  const { inForce } = status
  if (!isReady || inForce === null)
    return html`<div class="state bad"><p><strong>${both('Chưa bảo vệ theo danh sách', 'Not guarding by a list')}</strong></p><p>${why}</p></div>`
  return inForce.mode === 'enforce'
    ? html`<div class="state good"><p><strong>${both('Đang chặn địa chỉ lạ', 'Strangers are refused')}</strong></p></div>`
    : html`<div class="state wait"><p><strong>${both('Chỉ đếm, chưa chặn', 'Only counting, nobody is refused')}</strong></p>${
        status.localHold
          ? html`<p>${both('Cấu hình của máy này giữ ở chế độ quan sát.', 'The config of this edge holds it in observe mode.')}</p>`
          : html``
      }</div>`
}

function faultsOf({ faults }: AgentStatus): Html {
  if (faults.length === 0) return html``
  return section(
    both('Sự cố', 'Faults'),
    html`${faults.map(
      (fault) =>
        html`<div class="state bad"><p><code>${fault.code}</code> · ${fault.area} · ${timeOf(fault.since)}</p><p>${fault.message}</p>${adviceOf(fault)}</div>`,
    )}`,
  )
}

function proofOf({ proof }: AgentStatus): Html | string {
  if (proof === null) return '–'
  const words = proof.agrees
    ? both('đúng danh sách đã ký', 'exactly the signed list')
    : html`<strong>${both('khác danh sách đã ký', 'another list than signed')}</strong>`
  return html`${words} · ${timeOf(proof.at)}`
}

function driftOf({ drift }: AgentStatus): Html | string {
  const { found, repaired, lastAt, lastKind, lastProcess } = drift
  if (found === 0) return both('chưa lần nào', 'never')
  const who = lastProcess === null ? '' : ` · ${lastProcess.name} (${lastProcess.pid})`
  return html`${found} · ${both('đã sửa lại', 'repaired')} ${repaired} · <code>${lastKind ?? ''}</code>${who} · ${timeOf(lastAt)}`
}

function listOf(status: AgentStatus): Html {
  const { inForce, list, backend } = status
  return section(
    both('Danh sách đang áp dụng', 'List in force'),
    html`<dl>
${fact('Phiên bản', 'Revision', inForce === null ? '–' : String(inForce.revision))}
${fact('Mã kiểm', 'Digest', html`<code>${inForce?.digest ?? '–'}</code>`)}
${fact('Trong nhân', 'In the kernel', proofOf(status))}
${fact('Bị chương trình khác sửa', 'Changed by others', driftOf(status))}
${fact('Ban hành', 'Published', timeOf(list?.publishedAt ?? null))}
${fact('Chặn từ', 'Enforced from', timeOf(list?.enforceFrom ?? null))}
${fact('Số dòng · số khối · số tỉnh', 'Entries · blocks · provinces', list === null ? '–' : `${list.entries} · ${list.blocks} · ${list.provinces}`)}
${fact('Tường lửa', 'Firewall', backend.reason === '' ? backend.name : `${backend.name} (${backend.reason})`)}</dl>`,
  )
}

function pullOf({ lastPull, lastReportAt, stream, watch, fleet }: AgentStatus): Html {
  return section(
    both('Lần lấy gần nhất', 'Last pull'),
    html`<dl>
${fact('Đã hỏi', 'Tried', timeOf(lastPull.triedAt))}
${fact('Được trả lời', 'Answered', timeOf(lastPull.answeredAt))}
${fact('Đã xác minh', 'Verified', timeOf(lastPull.verifiedAt))}
${fact('Đã áp dụng', 'Applied', timeOf(lastPull.appliedAt))}
${fact('Báo cáo gần nhất', 'Last report', timeOf(lastReportAt))}
${fact('Luồng tin của trung tâm', 'Event stream', stream === 'connected' ? both('đang nối', 'connected') : both('mất nối', 'away'))}
${fact('Tiến trình theo dõi nhật ký', 'Watch process', watch === 'connected' ? both('đang nối', 'connected') : both('mất nối', 'away'))}
${fact('Gửi số liệu đếm', 'Counts sent', timeOf(fleet.lastTallyAt))}
${fact('Tài khoản bị xử lý trên toàn hệ thống', 'Accounts held over all edges', String(fleet.verdicts))}</dl>`,
  )
}

function adviceOf(fault: AgentStatus['faults'][number]): Html {
  const advice = findAdvice(fault)
  return advice === undefined ? html`` : html`<p>→ ${both(advice.vi, advice.en)}</p>`
}

function openingsOf({ openings }: AgentStatus): Html {
  if (openings.length === 0) return html``
  const rows = openings.map(
    ({ block, until, by, why }) =>
      html`<tr><td><code>${block}</code></td><td>${timeOf(until)}</td><td>${by}</td><td>${why}</td></tr>`,
  )
  const head = html`<th>${both('Địa chỉ', 'Address')}</th><th>${both('Đến', 'Until')}</th><th>${both('Người mở', 'By')}</th><th>${both('Lý do', 'Why')}</th>`
  return section(both('Đang mở tạm, ngoài danh sách', 'Let in by hand, past the list'), table(head, rows))
}

function heldBackOf({ heldBack }: AgentStatus): Html {
  if (heldBack.length === 0) return html``
  const rows = heldBack.map(
    ({ revision, at, reason }) => html`<tr><td class="n">${revision}</td><td>${timeOf(at)}</td><td>${reason}</td></tr>`,
  )
  const head = html`<th class="n">${both('Phiên bản', 'Revision')}</th><th>${both('Lúc', 'At')}</th><th>${both('Lý do', 'Why')}</th>`
  return section(both('Phiên bản bị giữ lại', 'Revisions held back'), table(head, rows))
}

function blockedOf({ blocked }: AgentStatus): Html {
  const rows = blocked.map(
    ({ address, account, rule, until }) =>
      html`<tr><td><code>${address}</code></td><td>${account}</td><td>${rule}</td><td>${timeOf(until)}</td></tr>`,
  )
  const head = html`<th>${both('Địa chỉ', 'Address')}</th><th>${both('Tài khoản', 'Account')}</th><th>${both('Luật', 'Rule')}</th><th>${both('Đến', 'Until')}</th>`
  return section(both('Nguồn tạm chặn', 'Sources blocked for a while'), table(head, rows))
}

function flagsOf({ flags }: AgentStatus): Html {
  const rows = flags.map(
    ({ at, account, rule, action, requests, sources, taken }) =>
      html`<tr><td>${timeOf(at)}</td><td>${account}</td><td>${rule}</td><td>${action}${taken === 'none' ? '' : ` · ${taken}`}</td><td class="n">${requests}</td><td><code>${sources.join(' ')}</code></td></tr>`,
  )
  const head = html`<th>${both('Lúc', 'At')}</th><th>${both('Tài khoản', 'Account')}</th><th>${both('Luật', 'Rule')}</th><th>${both('Xử lý', 'Action')}</th><th class="n">${both('Lượt', 'Requests')}</th><th>${both('Nguồn', 'Sources')}</th>`
  return section(both('Tài khoản bị cảnh báo', 'Flagged accounts'), table(head, rows))
}

function refusedOf({ refused }: AgentStatus): Html {
  const rows = refused.sources.map(
    ({ address, packets, firstAt = null, lastAt = null }) =>
      html`<tr><td><code>${address}</code></td><td class="n">${packets}</td><td>${timeOf(firstAt)}</td><td>${timeOf(lastAt)}</td></tr>`,
  )
  const head = html`<th>${both('Địa chỉ', 'Address')}</th><th class="n">${both('Gói tin', 'Packets')}</th><th>${both('Từ', 'Since')}</th><th>${both('Gần nhất', 'Last')}</th>`
  const { sources, isFull, unlistedPackets } = refused.total
  const full = isFull ? both('; danh sách đã đầy', '; the list is full') : ''
  const title = both('Nguồn bị từ chối, hoặc sẽ bị', 'Sources refused, or that would be')
  return section(
    title,
    html`<p><small>${timeOf(refused.at)}: ${both('nguồn', 'sources')} ${sources} · ${both('gói không ghi được', 'packets not listed')} ${unlistedPackets}${full}</small></p>${table(head, rows)}`,
  )
}

function hostOf({ host }: AgentStatus): Html {
  if (host === null) return html``
  const memory = `${mebibytes(host.freeMemoryBytes)} / ${mebibytes(host.memoryBytes)}`
  return section(
    both('Máy', 'Host'),
    html`<dl>
${fact('Tên', 'Name', host.hostname)}${fact('Hệ điều hành', 'System', `${host.os} · ${host.kernel}`)}
${fact('Bộ nhớ trống', 'Free memory', memory)}${fact('Tải', 'Load', `${host.load1} · ${host.cpus} CPU`)}
${fact('Bộ nhớ của agent', 'Memory of the agent', mebibytes(host.agentRssBytes))}</dl>`,
  )
}

function section(title: Html, body: Html): Html {
  return html`<section><h2>${title}</h2>${body}</section>`
}

function table(head: Html, rows: readonly Html[]): Html {
  if (rows.length === 0) return html`<p>${both('Không có.', 'None.')}</p>`
  return html`<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>${rows}</tbody></table></div>`
}

function fact(vi: string, en: string, value: string | Html): Html {
  return html`<dt>${both(vi, en)}</dt><dd>${value}</dd>`
}

/** In the portal's zone, as Vietnamese officials write it; a text that is no date stays as it is. */
function timeOf(at: string | null): string {
  if (at === null) return '–'
  const time = new Date(at)
  if (Number.isNaN(time.getTime())) return at
  return time.toLocaleString('vi-VN', { timeZone: PORTAL_TIME_ZONE, hour12: false })
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 1_048_576)} MiB`
}
