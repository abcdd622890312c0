import type { AgentReport } from '../../rules/reports/agent-report.ts'

export interface StoredReport {
  readonly agentId: string
  /** When it came in, by the control API's clock. */
  readonly receivedAtMs: number
  readonly report: AgentReport
}

/**
 * What the edges told. Measurements, not decisions: they are kept beside the audited store, bounded per agent, so that a thousand
 * edges cannot fill the audit log.
 */
export interface ReportLog extends AsyncDisposable {
  /** Keeps `report` as the agent's last one and drops its oldest beyond the bound. */
  record(report: StoredReport): Promise<void>
  /** The last report of each agent that ever sent one. */
  lastOfEach(): Promise<ReadonlyMap<string, StoredReport>>
  /** Newest first. */
  history(agentId: string, limit: number): Promise<readonly StoredReport[]>
}
