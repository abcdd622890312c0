import type { AgentStatus } from './agent-status.ts'
import { findAdvice } from './fault-advice.ts'
import { readinessOf } from './readiness.ts'

const MAX_ROWS = 10

/** The status in words for a terminal: what holds first, then what is wrong, then the figures. */
export function statusWords(status: AgentStatus): string {
  const lines = [headline(status), '']
  for (const fault of status.faults) {
    const { area, code, message, since } = fault
    lines.push(`FAULT ${area}: ${message}`, `      ${code}, since ${ago(since, status)}`, ...adviceLines(fault))
  }
  if (status.faults.length > 0) lines.push('')
  lines.push(...factLines(status))
  lines.push(
    ...rows(
      'LET IN BY HAND, past the list',
      status.openings.map(({ id, block, until, by, why }) => `${block}  until ${until}  by ${by}: ${why}  (${id})`),
    ),
    ...rows(
      'Revisions held back after a failed health check',
      status.heldBack.map(({ revision, at, reason }) => `${revision}  ${at}  ${reason}`),
    ),
  )
  lines.push(
    ...rows(
      'Blocked for a while',
      status.blocked.map(({ address, account, rule, until }) => `${address}  ${account}  ${rule}  until ${until}`),
    ),
  )
  lines.push(
    ...rows(
      'Flagged accounts',
      status.flags.map(
        ({ at, account, rule, action, requests, taken }) =>
          `${at}  ${account}  ${rule}  ${action}  ${requests} look-ups  ${taken}`,
      ),
    ),
  )
  lines.push(
    ...rows(
      `Refused, or would be: ${seenWords(status)}`,
      status.refused.sources.map(
        ({ address, packets, lastAt = null }) => `${address}  ${packets} packets, last ${ago(lastAt, status)}`,
      ),
    ),
  )
  return `${lines.join('\n')}\n`
}

function headline(status: AgentStatus): string {
  const { isReady, why } = readinessOf(status)
  const { inForce } = status
  if (!isReady || inForce === null) return `${status.name}: NOT GUARDING by a signed list: ${why}`
  if (status.backend.name === 'dry-run')
    return `${status.name}: DRY RUN of revision ${inForce.revision}: ${status.backend.reason}`
  if (inForce.mode === 'enforce') return `${status.name}: enforcing revision ${inForce.revision}; strangers are refused`
  return `${status.name}: observing revision ${inForce.revision}; strangers are counted and pass (${whyObserving(status)})`
}

function whyObserving({ localHold, faults }: AgentStatus): string {
  if (localHold) return 'held by the local config'
  if (faults.some(({ code }) => code === 'SWITCH_HELD_BACK')) return 'the portal failed after the switch to enforce'
  return 'the revision says so'
}

function factLines(status: AgentStatus): string[] {
  const { list, lastPull, backend } = status
  const facts: [string, string][] = [
    ['Revision', status.inForce === null ? 'none' : `${status.inForce.revision}, digest ${status.inForce.digest}`],
    [
      'List',
      list === null
        ? 'none'
        : `${list.entries} entries, ${list.blocks} blocks, ${list.provinces} provinces, published ${list.publishedAt}`,
    ],
    ['Enforced from', list?.enforceFrom ?? 'no date'],
    ['Backend', backend.reason === '' ? backend.name : `${backend.name}: ${backend.reason}`],
    ['Health check', probeWords(status)],
    ['Pull tried', ago(lastPull.triedAt, status)],
    ['Pull answered', ago(lastPull.answeredAt, status)],
    ['Pull verified', ago(lastPull.verifiedAt, status)],
    ['Program applied', ago(lastPull.appliedAt, status)],
    ['Report sent', ago(status.lastReportAt, status)],
    ['Kernel', proofWords(status)],
    ['Changed by others', driftWords(status)],
    ['Event stream', status.stream],
    ['Watch', status.watch],
    ['All edges', fleetWords(status)],
    ['Agent', `${status.agentId ?? 'not enrolled'}, version ${status.agentVersion}, started ${ago(status.startedAt, status)}`],
  ]
  return facts.map(([name, value]) => `${name.padEnd(16)} ${value}`)
}

/** Whether what the kernel really holds is what was signed. */
function proofWords(status: AgentStatus): string {
  const { proof } = status
  if (proof === null) return 'not read back yet'
  const words = proof.agrees
    ? 'holds exactly the signed list'
    : `HOLDS ANOTHER LIST, digest ${proof.kernelDigest || 'unreadable'}`
  return `${words}: read back ${ago(proof.at, status)}`
}

function driftWords(status: AgentStatus): string {
  const { found, repaired, lastAt, lastKind, lastProcess, listening, isFought } = status.drift
  const ear = {
    on: 'listening to the kernel',
    away: 'NOT listening to the kernel, only looking',
    off: 'looking from time to time',
  }
  if (found === 0) return `never since the start; ${ear[listening]}`
  const who = lastProcess === null ? ', nobody saw by whom,' : ` by ${lastProcess.name} (process ${lastProcess.pid})`
  const fought = isFought ? '; IT GOES ON' : ''
  return `${found} times, repaired ${repaired} times, last ${lastKind}${who} ${ago(lastAt, status)}${fought}; ${ear[listening]}`
}

/** What central says of accounts by the counts of all edges. */
function fleetWords(status: AgentStatus): string {
  const { version, verdicts, seen, lastTallyAt } = status.fleet
  const counts = lastTallyAt === null ? 'no counts sent since the start' : `counts sent ${ago(lastTallyAt, status)}`
  if (version === 0) return `no verdicts yet; ${counts}`
  return `verdicts ${version}: ${verdicts} accounts held, ${seen} of them known here; ${counts}`
}

/** Of how many sources the rows below are the busiest. */
function seenWords({ refused: { total } }: AgentStatus): string {
  const { sources, isFull, unlistedPackets } = total
  const lost = unlistedPackets === 0 ? '' : `, ${unlistedPackets} packets of others since the start found no room`
  return `${sources} sources${isFull ? ', THE LIST IS FULL' : ''}${lost}`
}

function adviceLines(fault: AgentStatus['faults'][number]): string[] {
  const advice = findAdvice(fault)
  return advice === undefined ? [] : [`      → ${advice.en}`]
}

function probeWords({ probe }: AgentStatus): string {
  if (probe === null) return 'none since the start'
  const { target, revision, outcome, reason, isSwitch = false } = probe
  const words = {
    passed: 'passed',
    kept: `failed before and after, so ${isSwitch ? 'it' : 'the revision'} stays`,
    'went-back': `failed, so the edge ${isSwitch ? 'observes again' : 'went back'}`,
    'no-way-back': 'failed, and the edge knows nothing to go back to',
  }[outcome]
  return `${target} after ${isSwitch ? 'the switch to enforce of ' : ''}revision ${revision}: ${words}${reason === '' ? '' : ` (${reason})`}`
}

function rows(title: string, texts: readonly string[]): string[] {
  if (texts.length === 0) return []
  const more = texts.length > MAX_ROWS ? [`  … and ${texts.length - MAX_ROWS} more`] : []
  return ['', `${title}:`, ...texts.slice(0, MAX_ROWS).map((text) => `  ${text}`), ...more]
}

/** How long before the status was read. */
function ago(at: string | null, status: AgentStatus): string {
  if (at === null) return 'never since the start'
  const seconds = Math.max(0, Math.round((Date.parse(status.at) - Date.parse(at)) / 1000))
  if (seconds < 120) return `${seconds} s ago`
  if (seconds < 7200) return `${Math.round(seconds / 60)} min ago`
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h ago` : `${Math.round(seconds / 86_400)} days ago`
}
