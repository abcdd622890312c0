/** What people get wrong before an edge works at all: each is told at once, by the place where it stands, and nothing is started or spent. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { parseAgentConfig } from '../../agent/config/agent-config.ts'
import type { ControlClient } from '../../agent/control/control-client.ts'
import { enrolAgent } from '../../agent/enrol/enrol-agent.ts'
import { ConfigError } from '../../rules/config/config-error.ts'
import { createControlAppSetup } from '../support/control-app.ts'
import { runAgent } from '../support/run-agent.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const GOOD = `
name: edge-1
control: { url: https://control.example }
management: { prefixes: [198.18.5.0/24] }
watch: { socket: /run/edgeward-watch/watch.sock }
`

/** The paths of the faults in the good config with `change` made to it. */
function faultsWith(change: Readonly<Record<string, unknown>>): string[] {
  try {
    parseAgentConfig(stringify({ ...(parse(GOOD) as object), ...change }))
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.faults.map(({ path }) => path)
  }
}

describe('a wrong config is told by its path', () => {
  it('and a right one is none', () => {
    expect(faultsWith({})).toEqual([])
  })

  it.each<[string, Readonly<Record<string, unknown>>, string, string]>([
    ['no management', { management: {} }, 'management.prefixes', 'who has none must say so'],
    ['an empty list of management', { management: { prefixes: [] } }, 'management.prefixes', 'the word none says it'],
    ['the whole internet as management', { management: { prefixes: ['0.0.0.0/0'] } }, 'management.prefixes.0', 'an open door'],
    ['the whole of IPv6 as management', { management: { prefixes: ['::/0'] } }, 'management.prefixes.0', 'the other family'],
    ['host bits in management', { management: { prefixes: ['198.18.5.7/24'] } }, 'management.prefixes.0', 'nothing is widened'],
    ['a name as management', { management: { prefixes: ['desk.example'] } }, 'management.prefixes.0', 'names are never resolved'],
    ['a range as management', { management: { prefixes: ['198.18.5.1-9'] } }, 'management.prefixes.0', 'a range is no block'],
    ['no port', { firewall: { tcpPorts: [], udpPorts: [] } }, 'firewall.tcpPorts', 'nothing would be guarded'],
    ['port 0', { firewall: { tcpPorts: [0] } }, 'firewall.tcpPorts.0', 'no such port'],
    ['a port as text', { firewall: { tcpPorts: ['https'] } }, 'firewall.tcpPorts.0', 'numbers only'],
    ['no hook', { firewall: { hooks: [] } }, 'firewall.hooks', 'nothing would be judged'],
    ['a hook that is none', { firewall: { hooks: ['output'] } }, 'firewall.hooks.0', 'not one of ours'],
    ['an interface with a star', { firewall: { interfaces: ['eth*'] } }, 'firewall.interfaces.0', 'names, no patterns'],
    ['a backend that is none', { firewall: { backend: 'iptables' } }, 'firewall.backend', 'a slip of the pen'],
    ['a control API without https', { control: { url: 'control.example' } }, 'control.url', 'no URL'],
    ['a password in the URL', { control: { url: 'https://a:b@control.example' } }, 'control.url', 'secrets come from files'],
    ['a schedule that is none', { pull: { schedule: 'every minute' } }, 'pull.schedule', 'no cron expression'],
    ['a shrink guard in percent', { limits: { maxShrinkShare: 10 } }, 'limits.maxShrinkShare', 'a share is at most 1'],
    ['a relative state folder', { stateDir: 'state' }, 'stateDir', 'it would depend on where it was started'],
    ['a status for everybody', { status: { listen: '0.0.0.0:9440' } }, 'status.listen', 'loopback only'],
    ['a socket path that is too long', { status: { socket: `/run/${'x'.repeat(120)}` } }, 'status.socket', 'unix(7)'],
    ['a key that is none', { managment: { prefixes: 'none' } }, 'managment', 'a slip of the pen'],
    ['a probe of a host name', { probe: { url: 'portal.example' } }, 'probe.url', 'no URL'],
    ['a probe without port', { probe: { tcp: 'portal.example' } }, 'probe.tcp', 'which port?'],
    ['a probe from a name', { probe: { source: 'eth0' } }, 'probe.source', 'an address'],
    ['a prober by name', { lockout: { mustPass: ['prober.example'] } }, 'lockout.mustPass.0', 'names are never resolved'],
    ['ten days of break-glass', { breakGlass: { maxHours: 240 } }, 'breakGlass.maxHours', 'that is what the list is for'],
    ['a mode that is none', { mode: 'off' }, 'mode', 'signed or observe'],
  ])('%s: %j (%s; %s)', (_what, change, path) => {
    expect(faultsWith(change)).toContain(path)
  })
})

describe('a wrong enrolment is told, and leaves the edge without an identity', () => {
  async function scene() {
    const { app, as, clock } = await createControlAppSetup({ config: 'agents: { tokenHours: 1 }' })
    const post = (async (path: string, body: unknown) => {
      const response = await app.inject({ method: 'POST', url: path, payload: body as object })
      if (response.statusCode === 201) return response.json<unknown>()
      throw Object.assign(new Error(response.body), { code: `HTTP_${response.statusCode}` })
    }) as ControlClient['postJson']
    const client = { postJson: post } as Partial<ControlClient> as ControlClient
    const order = (await app.inject({ method: 'POST', url: '/v1/agents/tokens', headers: as.operator })).json<{ token: string }>()
    const enrol = async (name: string, tokenText: string) => {
      const folder = await temporaryFolder()
      const folders = { identityDirectory: join(folder, 'identity'), trustDirectory: join(folder, 'trust') }
      return enrolAgent(client, { tokenText, name, ...folders }, new AbortController().signal)
    }
    return { enrol, clock, token: order.token }
  }

  it('a token that is none', async () => {
    const { enrol } = await scene()
    await expect(enrol('edge-1', 'hello')).rejects.toMatchObject({ code: 'TOKEN_MALFORMED' })
  })

  it('a token with one letter wrong', async () => {
    const { enrol, token } = await scene()
    const wrong = `${token.startsWith('A') ? 'B' : 'A'}${token.slice(1)}`
    await expect(enrol('edge-1', wrong)).rejects.toMatchObject({ code: expect.stringMatching(/^HTTP_4/) })
  })

  it('a token that another edge has spent', async () => {
    const { enrol, token } = await scene()
    await enrol('edge-1', token)
    await expect(enrol('edge-2', token)).rejects.toMatchObject({ code: expect.stringMatching(/^HTTP_4/) })
  })

  it('a token that has expired', async () => {
    const { enrol, token, clock } = await scene()
    clock.moveBy(2 * 3_600_000)
    await expect(enrol('edge-1', token)).rejects.toMatchObject({ code: expect.stringMatching(/^HTTP_4/) })
  })

  it('the root of another control API', async () => {
    const { enrol, token } = await scene()
    const other = `${token.slice(0, -1)}${token.endsWith('0') ? '1' : '0'}`
    await expect(enrol('edge-1', other)).rejects.toMatchObject({ code: expect.stringMatching(/^(?:HTTP_4\d\d|ROOT_MISMATCH)$/) })
  })
})

describe('a wrong command changes nothing', () => {
  it.each<[string, (folder: string) => Promise<string[]>, number, string]>([
    [
      'a status socket in a folder that is not there',
      async (folder) => {
        const file = join(folder, 'agent.yaml')
        const config = {
          ...(parse(GOOD) as object),
          stateDir: join(folder, 'state'),
          firewall: { backend: 'dry-run' },
          status: { socket: '/nonexistent/agent.sock' },
        }
        await writeFile(file, stringify(config))
        return ['run', '--config', file]
      },
      1,
      'SOCKET_UNUSABLE',
    ],
    ['a config that is not there', async () => ['run', '--config', '/nonexistent.yaml'], 2, 'Cannot read the config'],
    [
      'a plan of an empty list',
      async (folder) => {
        await writeFile(join(folder, 'before'), '20.0.0.1\n')
        await writeFile(join(folder, 'after'), '# nothing\n')
        return ['plan', '--list', join(folder, 'after'), '--from', join(folder, 'before')]
      },
      1,
      'LIST_EMPTY',
    ],
    [
      'a list with a typing error',
      async (folder) => {
        await writeFile(join(folder, 'list'), '20.0.0.1\n20.0.0.256\n')
        return ['plan', '--list', join(folder, 'list'), '--from', join(folder, 'list')]
      },
      2,
      'OCTET_OUT_OF_RANGE',
    ],
    [
      'a list with a netmask',
      async (folder) => {
        await writeFile(join(folder, 'list'), '20.0.0.0/255.255.255.0\n')
        return ['compile', '--list', join(folder, 'list')]
      },
      2,
      'LENGTH_NETMASK',
    ],
  ])('%s', async (_what, make, exitCode, words) => {
    const outcome = await runAgent(await make(await temporaryFolder()))
    expect([outcome.exitCode, `${outcome.stdout}${outcome.stderr}`]).toEqual([exitCode, expect.stringContaining(words)])
  })
})
