import type { AgentStatus } from './agent-status.ts'

/** Whether this edge does its work: a signed list is in force, and the start went well. `why` is for people. */
export function readinessOf(status: AgentStatus): { readonly isReady: boolean; readonly why: string } {
  const start = status.faults.find(({ area }) => area === 'start')
  if (start !== undefined) return { isReady: false, why: `${start.code}: ${start.message}` }
  if (status.inForce === null || status.inForce.revision === 0) return { isReady: false, why: 'no signed list is in force yet' }
  return { isReady: true, why: `revision ${status.inForce.revision} is in force` }
}
