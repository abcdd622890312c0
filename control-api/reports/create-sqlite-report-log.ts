import { DatabaseSync } from 'node:sqlite'
import { Value } from 'typebox/value'
import { AgentReport } from '../../rules/reports/agent-report.ts'
import type { ReportLog, StoredReport } from './report-log.ts'

/** A report log in a file of its own, or in memory for `:memory:`. `kept` is the bound per agent. */
export function createSqliteReportLog(path: string, kept: number): ReportLog {
  const raw = new DatabaseSync(path, { timeout: 5000 })
  // A power cut may lose the last reports, never the file: they come again within minutes. sqlite.org/pragma.html#pragma_synchronous
  raw.exec('pragma journal_mode = wal; pragma synchronous = normal')
  raw.exec(`create table if not exists report (
    agent_id text not null, seq integer not null, received_at_ms integer not null, report text not null, primary key (agent_id, seq)
  ) strict, without rowid`)
  const next = raw.prepare('select coalesce(max(seq), 0) + 1 as seq from report where agent_id = ?')
  const insert = raw.prepare('insert into report (agent_id, seq, received_at_ms, report) values (?, ?, ?, ?)')
  const trim = raw.prepare('delete from report where agent_id = ? and seq <= ?')
  const newest = raw.prepare(
    `select report.* from (select agent_id, max(seq) as seq from report group by agent_id) as last
     join report on report.agent_id = last.agent_id and report.seq = last.seq`,
  )
  const latest = raw.prepare('select * from report where agent_id = ? order by seq desc limit ?')
  return {
    async record({ agentId, receivedAtMs, report }) {
      raw.exec('begin immediate')
      try {
        const seq = Number(next.get(agentId)?.seq ?? 1)
        insert.run(agentId, seq, receivedAtMs, JSON.stringify(report))
        trim.run(agentId, seq - kept)
        raw.exec('commit')
      } catch (error) {
        if (raw.isTransaction) raw.exec('rollback')
        throw error
      }
    },
    async lastOfEach() {
      return new Map(
        newest
          .all()
          .flatMap(storedReports)
          .map((stored) => [stored.agentId, stored]),
      )
    },
    async history(agentId, limit) {
      return latest.all(agentId, limit).flatMap(storedReports)
    },
    async [Symbol.asyncDispose]() {
      if (raw.isOpen) raw.close()
    },
  }
}

/** A row of an older shape is left out: the agent's next report replaces it. */
function storedReports(row: Readonly<Record<string, unknown>>): StoredReport[] {
  const report: unknown = JSON.parse(String(row.report))
  if (!Value.Check(AgentReport, report)) return []
  return [{ agentId: String(row.agent_id), receivedAtMs: Number(row.received_at_ms), report }]
}
