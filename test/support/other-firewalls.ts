import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startFirewalld } from './firewalld.ts'
import type { TestNamespace } from './netns.ts'
import { isInstalled } from './surroundings.ts'

/** What an administrator does to somebody else's firewall. */
export interface OtherAction {
  readonly name: string
  readonly run: () => Promise<void>
  /** Names of our backends whose rules, or their place before all others, it takes away. */
  readonly takes: readonly string[]
}

/** Somebody else's firewall on the same host, with TCP port 80 open to everybody. */
export interface OtherFirewall extends AsyncDisposable {
  /** In the order in which they are done. */
  readonly actions: readonly OtherAction[]
}

export interface OtherFirewallKind {
  readonly name: string
  /** Why it cannot be shown on this machine; `false` where it can. */
  readonly skip: string | false
  /** Where it lets clients through: to the host itself, or to a server behind it that it translates port 8080 of the host to. */
  readonly guards: 'input' | 'forward'
  start(edge: TestNamespace, server: { readonly address: string; readonly port: string }): Promise<OtherFirewall>
}

const NFT = ['nft', 'nft and netlink']
const IPSET_NFT = 'ipset with iptables-nft'

/** The tools that hosts have beside us. */
export const OTHER_FIREWALLS: readonly OtherFirewallKind[] = [
  { name: 'firewalld', skip: skipWithout('firewalld', 'dbus-daemon'), guards: 'input', start: (edge) => openFirewalld(edge) },
  { name: 'ufw', skip: skipWithout('ufw'), guards: 'input', start: (edge) => openUfw(edge) },
  {
    name: 'rules as Docker writes them',
    skip: skipWithout('iptables-restore'),
    guards: 'forward',
    start: async (edge, server) => {
      const run = (...args: string[]) => edge.mustRun('iptables', ['-w', ...args])
      await edge.mustRun('iptables-restore', ['--noflush', '-w', '30'], { input: dockerRules(server) })
      const insertJumps = async () => {
        for (const chain of ['DOCKER-FORWARD', 'DOCKER-USER']) await run('-I', 'FORWARD', '-j', chain)
      }
      await insertJumps()
      return {
        actions: [
          {
            name: 'its restart, which takes its jumps out and puts them before all others',
            async run() {
              for (const chain of ['DOCKER-FORWARD', 'DOCKER-USER']) await run('-D', 'FORWARD', '-j', chain)
              await insertJumps()
            },
            takes: [IPSET_NFT],
          },
          {
            name: 'another port of a container',
            run: async () => void (await run('-I', 'DOCKER', '-p', 'tcp', '--dport', '81', '-j', 'ACCEPT')),
            takes: [],
          },
        ],
        [Symbol.asyncDispose]: async () => undefined,
      }
    },
  },
  {
    name: 'nftables.service',
    skip: skipWithout('nft'),
    guards: 'input',
    start: async (edge) => {
      // nftables.service(5) of Debian: ExecStart and ExecReload are `nft -f /etc/nftables.conf`, ExecStop is `nft flush ruleset`.
      const load = () => edge.mustRun('nft', ['-f', '-'], { input: NFTABLES_CONF })
      await load()
      return {
        actions: [
          { name: 'reload, which flushes every ruleset', run: async () => void (await load()), takes: [...NFT, IPSET_NFT] },
          {
            name: 'stop and start',
            async run() {
              await edge.mustRun('nft', ['flush', 'ruleset'])
              await load()
            },
            takes: [...NFT, IPSET_NFT],
          },
        ],
        [Symbol.asyncDispose]: async () => undefined,
      }
    },
  },
]

async function openFirewalld(edge: TestNamespace): Promise<OtherFirewall> {
  const folder = await mkdtemp(join(tmpdir(), 'edgeward-firewalld-'))
  let daemon = await startFirewalld(edge, folder)
  await daemon.command('--permanent', '--add-port=80/tcp')
  await daemon.command('--reload')
  return {
    actions: [
      // It empties all tables of iptables whenever it loads, whosever rules are in them.
      { name: 'firewall-cmd --reload', run: () => daemon.command('--reload'), takes: [IPSET_NFT] },
      {
        name: 'stop and start',
        async run() {
          await daemon.stop()
          daemon = await startFirewalld(edge, folder)
        },
        takes: [IPSET_NFT],
      },
    ],
    async [Symbol.asyncDispose]() {
      await daemon.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** The real ufw, on copies of its files: `ip netns exec` gives each program a mount namespace of its own. */
async function openUfw(edge: TestNamespace): Promise<OtherFirewall> {
  const folder = await mkdtemp(join(tmpdir(), 'edgeward-ufw-'))
  await cp('/etc/ufw', join(folder, 'etc'), { recursive: true })
  await cp('/etc/default/ufw', join(folder, 'default'))
  const mounts = 'mount --bind "$0/etc" /etc/ufw && mount --bind "$0/default" /etc/default/ufw && exec ufw "$@"'
  const ufw = async (...args: string[]): Promise<void> => void (await edge.mustRun('sh', ['-c', mounts, folder, ...args]))
  await ufw('allow', '80/tcp')
  await ufw('--force', 'enable')
  return {
    actions: [
      { name: 'ufw reload', run: () => ufw('reload'), takes: [] },
      {
        name: 'ufw disable and enable',
        async run() {
          await ufw('disable')
          await ufw('--force', 'enable')
        },
        takes: [],
      },
    ],
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

/** The chains of Docker 28 for one published container, 8080 to its port 80. */
function dockerRules({ address, port }: { readonly address: string; readonly port: string }): string {
  return `*nat
:DOCKER - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER
-A DOCKER ! -i ${port} -p tcp -m tcp --dport 8080 -j DNAT --to-destination ${address}:80
COMMIT
*filter
:FORWARD DROP [0:0]
:DOCKER - [0:0]
:DOCKER-BRIDGE - [0:0]
:DOCKER-CT - [0:0]
:DOCKER-FORWARD - [0:0]
:DOCKER-ISOLATION-STAGE-1 - [0:0]
:DOCKER-USER - [0:0]
-A DOCKER -d ${address}/32 ! -i ${port} -o ${port} -p tcp -m tcp --dport 80 -j ACCEPT
-A DOCKER ! -i ${port} -o ${port} -j DROP
-A DOCKER-BRIDGE -o ${port} -j DOCKER
-A DOCKER-CT -o ${port} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A DOCKER-FORWARD -j DOCKER-CT
-A DOCKER-FORWARD -j DOCKER-ISOLATION-STAGE-1
-A DOCKER-FORWARD -j DOCKER-BRIDGE
-A DOCKER-FORWARD -i ${port} -j ACCEPT
-A DOCKER-USER -j RETURN
COMMIT
`
}

/** As an administrator writes /etc/nftables.conf, after the example of nft(8)'s package. */
const NFTABLES_CONF = `#!/usr/sbin/nft -f
flush ruleset
table inet filter {
	chain input {
		type filter hook input priority filter; policy drop;
		iif "lo" accept
		ct state established,related accept
		meta l4proto { icmp, ipv6-icmp } accept
		tcp dport { 22, 80 } accept
	}
}
`

function skipWithout(...programs: readonly string[]): string | false {
  const missing = programs.filter((program) => !isInstalled(program))
  return missing.length > 0 && `needs ${missing.join(', ')}`
}
