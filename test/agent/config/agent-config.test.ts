import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { AGENT_OPTIONS, parseAgentConfig } from '../../../agent/config/agent-config.ts'
import { createManagementSet } from '../../../agent/config/management-set.ts'
import { blocksOf } from '../../../rules/addresses/block-set-lines.ts'
import { ConfigError } from '../../../rules/config/config-error.ts'
import { optionRows, printConfig } from '../../../rules/config/print-config.ts'

const MINIMAL = { name: 'edge-1', control: { url: 'https://control.example' }, management: { prefixes: 'none' } }

function faultsOf(config: object): string[] {
  try {
    parseAgentConfig(stringify(config))
  } catch (error) {
    if (error instanceof ConfigError) return error.faults.map(({ path }) => path)
    throw error
  }
  return []
}

describe('parseAgentConfig', () => {
  it('takes a minimal file, and what print-config prints reads back to the same', () => {
    const config = parseAgentConfig(stringify(MINIMAL))
    expect(config).toMatchObject({
      mode: 'signed',
      firewall: { backend: 'auto', refuse: 'reset' },
      verdicts: { action: 'alert' },
    })
    expect(parseAgentConfig(printConfig(AGENT_OPTIONS, config))).toEqual(config)
  })

  it.each<[string, object, string]>([
    ['management', {}, 'management.prefixes'],
    ['management', { prefixes: [] }, 'management.prefixes'],
    ['management', { prefixes: 'any' }, 'management.prefixes'],
    ['management', { prefixes: ['10.0.0.0/8', '10.1.2.3/8'] }, 'management.prefixes.1'],
    ['management', { prefixes: ['0.0.0.0/0'] }, 'management.prefixes.0'],
    ['management', { prefixes: ['::/0'] }, 'management.prefixes.0'],
    ['management', { prefixes: ['admin.example'] }, 'management.prefixes.0'],
    ['control', { url: 'control.example' }, 'control.url'],
    ['control', { url: 'ftp://control.example' }, 'control.url'],
    ['control', { url: 'https://user:secret@control.example' }, 'control.url'],
    ['control', { url: 'https://control.example?x=1' }, 'control.url'],
    ['pull', { schedule: 'hourly' }, 'pull.schedule'],
    ['pull', { schedule: '61 * * * *' }, 'pull.schedule'],
    ['status', { listen: '0.0.0.0:9440' }, 'status.listen'],
    ['status', { listen: 'localhost:9440' }, 'status.listen'],
    ['status', { listen: '127.0.0.1:70000' }, 'status.listen'],
    ['status', { socket: 'agent.sock' }, 'status.socket'],
    ['status', { socket: `/${'x'.repeat(107)}` }, 'status.socket'],
    ['firewall', { tcpPorts: [], udpPorts: [] }, 'firewall.tcpPorts'],
    ['firewall', { tcpPorts: [0] }, 'firewall.tcpPorts.0'],
    ['firewall', { hooks: [] }, 'firewall.hooks'],
    ['firewall', { interfaces: ['eth0; flush ruleset'] }, 'firewall.interfaces.0'],
    ['firewall', { refuse: 'accept' }, 'firewall.refuse'],
    ['verdicts', { action: 'suspend' }, 'verdicts.action'],
    ['name', 'Edge_1' as never, 'name'],
    ['stateDir', 'state' as never, 'stateDir'],
  ])('names the fault of %s: %j', (key, value, path) => {
    expect(faultsOf({ ...MINIMAL, [key]: value })).toContain(path)
  })

  it.each([
    ['a pair', { listen: '[::1]:9440' }],
    ['the default', {}],
  ])('takes %s', (_what, status) => {
    expect(faultsOf({ ...MINIMAL, status })).toEqual([])
  })
})

describe('createManagementSet', () => {
  it.each<[readonly string[] | 'none', string, readonly string[], string]>([
    ['none', 'https://control.example', [], 'a name is never resolved'],
    ['none', 'https://198.51.100.9:8443/x', ['198.51.100.9'], 'an address'],
    ['none', 'https://[2001:db8::0:9]', ['2001:db8::9'], 'an IPv6 address, canonical'],
    [['198.51.100.0/24', '203.0.113.7'], 'https://198.51.100.9', ['198.51.100.0/24', '203.0.113.7'], 'covered already'],
  ])('of %j and %s holds %j: %s', (prefixes, url, blocks) => {
    expect([...blocksOf(createManagementSet(prefixes, url))]).toEqual(blocks)
  })
})

describe('the README of agent', () => {
  it('has a row for every option, word for word, and none else', () => {
    const readme = readFileSync(new URL('../../../agent/README.md', import.meta.url), 'utf8')
    const rows = optionRows(AGENT_OPTIONS)
    expect(rows.filter((row) => !readme.includes(`${row}\n`))).toEqual([])
    const section = readme.split('## Options')[1]?.split('\n## ')[0] ?? ''
    expect(section.split('\n').filter((line) => line.startsWith('| `'))).toEqual(rows)
  })
})
