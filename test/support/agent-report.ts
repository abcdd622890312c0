import type { AgentReport } from '../../rules/reports/agent-report.ts'

/** A report of a healthy edge; a test names only its own fields. */
export function aReport(own: Partial<AgentReport> = {}): AgentReport {
  const at = '2026-03-01T00:00:00.000Z'
  return {
    format: 'edgeward-report/1',
    at,
    agentVersion: '0.1.0',
    revision: 0,
    digest: '',
    mode: 'observe',
    backend: 'nft',
    lastPull: { triedAt: at, answeredAt: at, verifiedAt: at, appliedAt: null },
    fault: null,
    refused: [],
    flags: [],
    host: {
      hostname: 'edge-1',
      os: 'Debian 12',
      kernel: '6.1',
      cpus: 2,
      memoryBytes: 4e9,
      freeMemoryBytes: 2e9,
      load1: 0.1,
      uptimeS: 1000,
      agentRssBytes: 8e7,
    },
    ...own,
  }
}
