import { Gauge, Registry } from 'prom-client'
import type { AgentStatus } from './agent-status.ts'

/** The status as Prometheus metrics. Everything is copied from memory when it is asked for. */
export function createStatusMetrics(read: () => AgentStatus): Registry {
  const registry = new Registry()
  const gauge = (name: string, help: string, value: (status: AgentStatus) => number): void => {
    const metric: Gauge = new Gauge({
      name: `edgeward_agent_${name}`,
      help,
      registers: [registry],
      collect: () => metric.set(value(read())),
    })
  }
  gauge('revision', 'Revision in force, 0 before the first.', ({ inForce }) => inForce?.revision ?? 0)
  gauge('enforcing', '1 where strangers are refused, 0 where they are only counted or nothing is in force.', ({ inForce }) =>
    inForce?.mode === 'enforce' ? 1 : 0,
  )
  gauge('list_entries', 'Entries of the list in force.', ({ list }) => list?.entries ?? 0)
  gauge('list_blocks', 'Hosts and prefixes that the kernel holds for the list.', ({ list }) => list?.blocks ?? 0)
  gauge('last_pull_tried_seconds', 'When a pull was last tried, seconds since 1970, 0 for never.', ({ lastPull }) =>
    secondsOf(lastPull.triedAt),
  )
  gauge('last_pull_answered_seconds', 'When the control API last answered a pull.', ({ lastPull }) =>
    secondsOf(lastPull.answeredAt),
  )
  gauge('last_pull_verified_seconds', 'When a pull was last verified.', ({ lastPull }) => secondsOf(lastPull.verifiedAt))
  gauge('last_pull_applied_seconds', 'When a program was last applied.', ({ lastPull }) => secondsOf(lastPull.appliedAt))
  gauge('last_report_seconds', 'When a report was last taken by the control API.', ({ lastReportAt }) => secondsOf(lastReportAt))
  gauge('blocked_sources', 'Sources blocked for a while because of flags.', ({ blocked }) => blocked.length)
  gauge('refused_sources', 'Sources refused lately, or that would be.', ({ refused }) => refused.total.sources)
  gauge('refused_list_full', '1 while the list of refused sources has no room left.', ({ refused }) =>
    refused.total.isFull ? 1 : 0,
  )
  gauge(
    'unlisted_packets',
    'Packets of strangers that found no room in that list, since the start.',
    ({ refused }) => refused.total.unlistedPackets,
  )
  gauge('fleet_verdicts', 'Accounts under a verdict over all edges.', ({ fleet }) => fleet.verdicts)
  gauge('fleet_version', 'Version of the verdicts over all edges that is held.', ({ fleet }) => fleet.version)
  gauge('flags', 'Flags of accounts heard lately.', ({ flags }) => flags.length)
  gauge('drifts', 'Changes of others to our rules since the start.', ({ drift }) => drift.found)
  gauge('drift_repairs', 'Repairs of our rules since the start.', ({ drift }) => drift.repaired)
  gauge('drift_fought', '1 while another program changes our rules again and again.', ({ drift }) => (drift.isFought ? 1 : 0))
  gauge('kernel_listening', '1 while the kernel tells of every change.', ({ drift }) => (drift.listening === 'on' ? 1 : 0))
  gauge('last_proof_seconds', 'When the elements were last read back from the kernel.', ({ proof }) =>
    secondsOf(proof?.at ?? null),
  )
  gauge('proof_agrees', '1 where the kernel held exactly the signed list then, 0 where not or never read back.', ({ proof }) =>
    proof?.agrees === true ? 1 : 0,
  )
  gauge('stream_connected', '1 while the event stream of the control API is open.', ({ stream }) =>
    stream === 'connected' ? 1 : 0,
  )
  gauge('watch_connected', '1 while the watch process answers.', ({ watch }) => (watch === 'connected' ? 1 : 0))
  gauge('openings', 'Sources let in by hand, past the list.', ({ openings }) => openings.length)
  gauge('held_back_revisions', 'Revisions that failed the health check here.', ({ heldBack }) => heldBack.length)
  gauge('faults', 'Faults that hold now.', ({ faults }) => faults.length)
  const faulty: Gauge<'area' | 'code'> = new Gauge({
    name: 'edgeward_agent_fault',
    help: '1 for each fault that holds now.',
    labelNames: ['area', 'code'],
    registers: [registry],
    collect() {
      faulty.reset()
      for (const { area, code } of read().faults) faulty.set({ area, code }, 1)
    },
  })
  gauge('resident_memory_bytes', 'Memory of the agent.', () => process.memoryUsage.rss())
  return registry
}

function secondsOf(at: string | null): number {
  return at === null ? 0 : Math.floor(Date.parse(at) / 1000)
}
