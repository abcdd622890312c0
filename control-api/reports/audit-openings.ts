import type { AgentReport } from '../../rules/reports/agent-report.ts'
import type { Actor, Store } from '../store/store.ts'
import type { ReportLog } from './report-log.ts'

/** Notes in the audit log whom the people at an edge let in past the list since its last report, and whom no more. */
export async function auditOpenings(
  { store, reports }: { readonly store: Store; readonly reports: ReportLog },
  actor: Actor,
  report: AgentReport,
): Promise<void> {
  const [last] = await reports.history(actor.person, 1)
  const before = last?.report.openings ?? []
  const after = report.openings ?? []
  const opened = after.filter(({ id }) => !before.some((other) => other.id === id))
  const shut = before.filter(({ id }) => !after.some((other) => other.id === id))
  if (opened.length + shut.length === 0) return
  await store.transact(actor, async (tx) => {
    for (const details of opened) await tx.audit({ action: 'agent.open', target: actor.person, details })
    for (const { id, block, until } of shut)
      await tx.audit({ action: 'agent.shut', target: actor.person, details: { id, block, until } })
  })
}
