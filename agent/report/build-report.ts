import { type AgentReport, MAX_REPORTED_FAULTS } from '../../rules/reports/agent-report.ts'
import type { AgentStatus } from '../status/agent-status.ts'

/** Most sources and flags that one report carries. */
const MAX_ROWS = 200
/** The config allows no more. */
const MAX_OPENINGS = 32

type HostFacts = AgentReport['host']

/** Areas whose faults are not the agent's own. */
const BESIDE: readonly string[] = ['watch', 'gate']

/** The report that tells central what the status says. `fault` is the agent's own, one of the pass before the others. */
export function buildReport(status: AgentStatus, host: HostFacts): AgentReport {
  const own = status.faults.filter(({ area }) => !BESIDE.includes(area))
  const fault = own.find(({ area }) => area === 'pass') ?? own[0]
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
    faults: status.faults.slice(0, MAX_REPORTED_FAULTS),
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
