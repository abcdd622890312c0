import type { AgentStatus } from './agent-status.ts'

/** The status in a few words of our own for `systemctl status`: no text from elsewhere, and the same as long as nothing changes. */
export function statusLine({ inForce, backend, localHold, faults }: AgentStatus): string {
  const codes = faults.map(({ area, code }) => `${area} ${code}`).join(', ')
  return `${inForceWords(inForce, localHold)}${backend.name === 'dry-run' ? ' (dry run)' : ''}${codes === '' ? '' : `; faults: ${codes}`}`
}

function inForceWords(inForce: AgentStatus['inForce'], localHold: boolean): string {
  if (inForce === null) return 'No signed list is in force; nobody is refused'
  if (inForce.revision === 0) return 'No signed list is in force; only the management prefixes pass'
  if (inForce.mode === 'enforce') return `Enforcing revision ${inForce.revision}`
  return `Observing revision ${inForce.revision}${localHold ? ', held by the local config' : ''}`
}
