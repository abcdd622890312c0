import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { isAbsolute } from 'node:path'
import { validate } from 'node-cron'
import { AddressError } from '../../rules/addresses/address-error.ts'
import { bitsOf } from '../../rules/addresses/block-bits.ts'
import { parseBlock } from '../../rules/addresses/parse-block.ts'
import type { ConfigOf } from '../../rules/config/option-table.ts'
import { type ConfigFinding, parseConfig } from '../../rules/config/parse-config.ts'
import { WATCH_OPTIONS, watchFindings } from '../watch/watch-options.ts'
import { SERVICE_OPTIONS, type ServiceConfig } from './agent-options.ts'
import { findLoopback } from './loopback.ts'

/** All options of the agent's config file: the service's and those of `watch`. */
export const AGENT_OPTIONS = { ...SERVICE_OPTIONS, ...WATCH_OPTIONS } as const

export type AgentConfig = ConfigOf<typeof AGENT_OPTIONS>

/** Reads the config file's text. @throws ConfigError with every fault by path, line and column */
export function parseAgentConfig(text: string): AgentConfig {
  return parseConfig(AGENT_OPTIONS, text, (config) => [...serviceFindings(config), ...watchFindings(config)])
}

/** Reads the config file. @throws ConfigError; the system's own error where the file cannot be read */
export async function readAgentConfig(path: string): Promise<AgentConfig> {
  return parseAgentConfig(await readFile(path, 'utf8'))
}

function serviceFindings(config: ServiceConfig): ConfigFinding[] {
  return [
    ...pathFindings('stateDir', config.stateDir),
    ...pathFindings('gate.dir', config.gate.dir),
    ...urlFindings(config.control.url),
    ...cronFindings(config.pull.schedule),
    ...portFindings(config.firewall),
    ...managementFindings(config.management.prefixes),
    ...mustPassFindings(config.lockout.mustPass),
    ...probeFindings(config.probe),
    ...socketFindings('status.socket', config.status.socket),
    ...listenFindings(config.status.listen),
  ]
}

function pathFindings(path: string, value: string): ConfigFinding[] {
  return isAbsolute(value) ? [] : [{ path, message: `must be an absolute path, is ${JSON.stringify(value)}` }]
}

/** unix(7): a socket's path has at most 107 bytes. */
function socketFindings(path: string, value: string): ConfigFinding[] {
  const tooLong =
    Buffer.byteLength(value) > 107 ? [{ path, message: 'is longer than the 107 bytes that a socket path may have' }] : []
  return [...pathFindings(path, value), ...tooLong]
}

function urlFindings(url: string): ConfigFinding[] {
  const path = 'control.url'
  if (!URL.canParse(url)) return [{ path, message: `must be a URL, is ${JSON.stringify(url)}` }]
  const { protocol, username, password, search, hash } = new URL(url)
  if (protocol !== 'https:' && protocol !== 'http:')
    return [{ path, message: `must begin with https:// or http://, is ${JSON.stringify(url)}` }]
  const isPlain = username === '' && password === '' && search === '' && hash === ''
  return isPlain ? [] : [{ path, message: 'must hold no user, password, query or fragment' }]
}

function cronFindings(schedule: string): ConfigFinding[] {
  return validate(schedule)
    ? []
    : [{ path: 'pull.schedule', message: `must be a cron expression, is ${JSON.stringify(schedule)}` }]
}

function portFindings(firewall: ServiceConfig['firewall']): ConfigFinding[] {
  if (firewall.tcpPorts.length + firewall.udpPorts.length > 0) return []
  return [{ path: 'firewall.tcpPorts', message: 'guards nothing: name at least one port here or in firewall.udpPorts' }]
}

function managementFindings(prefixes: ServiceConfig['management']['prefixes']): ConfigFinding[] {
  if (prefixes === 'none') return []
  return prefixes.flatMap((text, index) => blockFindings(`management.prefixes.${index}`, text))
}

function blockFindings(path: string, text: string): ConfigFinding[] {
  try {
    return bitsOf(parseBlock(text)).length > 0 ? [] : [{ path, message: 'would open the ports to the whole internet' }]
  } catch (error) {
    if (!(error instanceof AddressError)) throw error
    return [{ path, message: `${error.message} (${error.code})` }]
  }
}

function mustPassFindings(mustPass: readonly string[]): ConfigFinding[] {
  return mustPass.flatMap((text, index) => blockFindings(`lockout.mustPass.${index}`, text))
}

function probeFindings({ url, tcp, source }: ServiceConfig['probe']): ConfigFinding[] {
  const isUrl = url === '' || (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol))
  const isTarget = tcp === '' || /^(?:[a-z0-9.-]+|\[[0-9a-f:]+\]):\d{1,5}$/i.test(tcp)
  return [
    ...(isUrl ? [] : [{ path: 'probe.url', message: `must be a http or https URL, is ${JSON.stringify(url)}` }]),
    ...(isTarget ? [] : [{ path: 'probe.tcp', message: `must be host:port or [address]:port, is ${JSON.stringify(tcp)}` }]),
    ...(source === '' || isIP(source) !== 0
      ? []
      : [{ path: 'probe.source', message: `must be an address, is ${JSON.stringify(source)}` }]),
  ]
}

function listenFindings(listen: string): ConfigFinding[] {
  if (listen === '' || findLoopback(listen) !== undefined) return []
  return [{ path: 'status.listen', message: `must be 127.0.0.1:PORT or [::1]:PORT, is ${JSON.stringify(listen)}` }]
}
