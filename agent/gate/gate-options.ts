import { isAbsolute } from 'node:path'
import { Type } from 'typebox'
import { type ConfigOf, option } from '../../rules/config/option-table.ts'
import type { ConfigFinding } from '../../rules/config/parse-config.ts'
import { GATE_MODES, type GateMode } from '../../rules/gate/gate-rule.ts'

/** The options of the gate in the config file that `watch` shares with the agent; `gate.dir`, where the agent hands over, is the agent's. */
export const GATE_OPTIONS = {
  'gate.socket': option(
    Type.String(),
    '',
    'Unix socket where a proxy asks about each request, for example `/run/edgeward-gate/gate.sock`; empty: `watch` keeps no gate.',
  ),
  'gate.socketMode': option(
    Type.String({ pattern: '^0?[0-7]{3}$' }),
    '0660',
    'Who may ask, as chmod(1) takes it; the group is that of the folder, if it is setgid.',
  ),
  'gate.policyFile': option(
    Type.String(),
    '',
    'Policy (YAML) for as long as the agent has handed over none; empty: the shipped default, with the dates of the dispatches.',
  ),
  'gate.strongest': option(
    Type.Unsafe<GateMode>(Type.Union(GATE_MODES.map((mode) => Type.Literal(mode)))),
    'enforce',
    'No rule does more than this on this edge, whatever the policy says: `rehearse` to begin with, refusing nobody.',
  ),
  'gate.haproxy.socket': option(
    Type.String(),
    '',
    'Runtime socket (`level admin`) of the HAProxy whose maps `watch` keeps, for example `/run/haproxy/edgeward.sock`; empty: none.',
  ),
  'gate.haproxy.maps': option(
    Type.String(),
    '/etc/haproxy/edgeward',
    'Folder of the maps as the configuration of HAProxy names it (`EDGEWARD_MAPS`); `watch` never reads or writes it.',
  ),
  'gate.rehearsalRows': option(
    Type.Integer({ minimum: 100, maximum: 200_000 }),
    20_000,
    'Rows kept of what rules would have refused; where they are used up, the least seen make room.',
  ),
} as const

export interface GateOptions extends Readonly<ConfigOf<typeof GATE_OPTIONS>['gate']> {
  readonly dir: string
  /** `watch.tallies.tellFacility`: false keeps the rehearsal at this edge. */
  readonly tellFacility?: boolean
}

/** What no single option can show. */
export function gateFindings({ gate }: ConfigOf<typeof GATE_OPTIONS>): ConfigFinding[] {
  const paths = {
    socket: gate.socket,
    policyFile: gate.policyFile,
    'haproxy.socket': gate.haproxy.socket,
    'haproxy.maps': gate.haproxy.maps,
  }
  const findings = Object.entries(paths).flatMap(([name, value]) =>
    value === '' || isAbsolute(value)
      ? []
      : [{ path: `gate.${name}`, message: `must be an absolute path, is ${JSON.stringify(value)}` }],
  )
  if (gate.haproxy.socket !== '' && gate.socket === '')
    findings.push({ path: 'gate.haproxy.socket', message: 'needs gate.socket: the maps are what the gate holds' })
  // unix(7): a socket's path has at most 107 bytes.
  if (Buffer.byteLength(gate.socket) > 107)
    findings.push({ path: 'gate.socket', message: 'is longer than the 107 bytes that a socket path may have' })
  return findings
}
