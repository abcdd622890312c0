import type { AgentReport } from '../../rules/reports/agent-report.ts'
import type { AgentStatus } from '../status/agent-status.ts'

/** Most sources and flags that one report carries. */
const MAX_ROWS = 200
/** The config allows no more. */
const MAX_OPENINGS = 32

type HostFacts = AgentReport['host']

/** The report that tells central what the status says. A fault of the pass goes before the others: a report has room for one. */
export function buildReport(status: AgentStatus, host: HostFacts): AgentReport {
  const fault = status.faults.find(({ area }) => area === 'pass') ?? status.faults[0]
  return {
    format: 'edgeward-report/1',
    at: status.at,
    agentVersion: status.agentVersion,
    revision: status.inForce?.revision ?? 0,
    digest: status.inForce?.digest ?? '',
    mode: status.inForce?.mode ?? 'observe',
    backend: status.backend.name,
    lastPull: status.lastPull,
    fault: fault === undefined ? null : { code: fault.code, message: fault.message, since: fault.since },
    drift: status.drift,
    proof: status.proof,
    refused: status.refused.sources.slice(0, MAX_ROWS),
    refusedTotal: status.refused.total,
    flags: status.flags.slice(0, MAX_ROWS),
    fleet: status.fleet,
    openings: status.openings.slice(0, MAX_OPENINGS),
    host,
  }
}
