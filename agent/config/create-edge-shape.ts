import type { EdgeShape } from '../sync/plan-program.ts'
import type { AgentConfig } from './agent-config.ts'
import { createManagementSet } from './management-set.ts'

/** What the config adds to every revision on this edge. */
export function createEdgeShape({ firewall, management, control }: AgentConfig): EdgeShape {
  const { refuse, hooks, interfaces, tcpPorts, udpPorts } = firewall
  return {
    refuse,
    hooks,
    interfaces,
    guarded: { tcp: tcpPorts, udp: udpPorts },
    management: createManagementSet(management.prefixes, control.url),
  }
}
