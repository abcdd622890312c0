import type { Firewall } from '../../agent/firewall/firewall.ts'
import type { FirewallError } from '../../agent/firewall/firewall-error.ts'
import { createIpsetFirewall } from '../../agent/firewall/ipset-firewall.ts'
import { type IptablesVariant, iptablesFile } from '../../agent/firewall/iptables-variant.ts'
import { createNftFirewall } from '../../agent/firewall/nft-firewall.ts'
import { readApproved } from '../../agent/firewall/read-approved.ts'
import { readIpsetList } from '../../agent/firewall/read-ipset.ts'
import type { RunProgram } from '../../agent/process/run-program.ts'
import type { BlockSet } from '../../rules/addresses/block-set.ts'
import { netlinkOf } from './netlink-in-namespace.ts'
import type { TestNamespace } from './netns.ts'
import { isInstalled } from './surroundings.ts'

/** One way of putting a program into a kernel, for tests that run on every one. */
export interface FirewallBackend {
  readonly name: string
  /** Why it cannot be shown on this machine; `false` where it can. As the `skip` of a test. */
  readonly skip: string | false
  create(options: { readonly run: RunProgram; readonly onMisfit?: (error: FirewallError) => void }): Firewall
  readApproved(run: RunProgram): Promise<BlockSet>
  /** Somebody takes away the rule that approves v4 sources, and the refusal with it. */
  tamper(edge: TestNamespace): Promise<void>
  /** Most sources of a family that the list of refused ones ever holds. */
  readonly maxSeen: number
  /** Somebody puts sources into the list of refused v4 ones. */
  fillSeen(edge: TestNamespace, addresses: readonly string[]): Promise<void>
  /** Somebody exchanges an approved v4 host for another. */
  exchangeHost(edge: TestNamespace, address: string, other: string): Promise<void>
  /** What is left of ours in the kernel, by name; empty when all is gone. */
  leftovers(edge: TestNamespace): Promise<string>
}

/** One that works through ipset and iptables. */
export interface IpsetBackend extends FirewallBackend {
  readonly variant: IptablesVariant
}

/** Both variants of iptables. */
export const IPSET_BACKENDS: readonly IpsetBackend[] = [ipsetBackend('nft'), ipsetBackend('legacy')]

/** Every backend that judges packets. */
export const FIREWALL_BACKENDS: readonly FirewallBackend[] = [
  nftBackend('nft', createNftFirewall),
  nftBackend('nft and netlink', createDirectFirewall),
  ...IPSET_BACKENDS,
]

/** Small changes go straight to the kernel; one that could not would be measured as if it had. */
function createDirectFirewall(options: Parameters<FirewallBackend['create']>[0]): Firewall {
  const onGivenUp = (why: string): never => {
    throw new Error(`A change did not go by netlink: ${why}`)
  }
  return createNftFirewall({ ...options, netlink: netlinkOf(options.run), onGivenUp })
}

function nftBackend(name: string, create: FirewallBackend['create']): FirewallBackend {
  return {
    name,
    skip: skipWithout(['nft', 'nftables']),
    maxSeen: 16_384,
    create,
    readApproved,
    async tamper(edge) {
      await edge.mustRun('nft', ['flush', 'chain', 'inet', 'edgeward', 'judge4'])
    },
    async fillSeen(edge, addresses) {
      await edge.mustRun('nft', ['-f', '-'], { input: `add element inet edgeward seen4 { ${addresses.join(', ')} }\n` })
    },
    async exchangeHost(edge, address, other) {
      await edge.mustRun('nft', ['delete', 'element', 'inet', 'edgeward', 'host4', `{ ${address} }`])
      await edge.mustRun('nft', ['add', 'element', 'inet', 'edgeward', 'host4', `{ ${other} }`])
    },
    leftovers: async (edge) => (await edge.mustRun('nft', ['list', 'ruleset'])).stdout,
  }
}

function ipsetBackend(variant: Exclude<IptablesVariant, 'own'>): IpsetBackend {
  return {
    variant,
    name: `ipset with iptables-${variant}`,
    skip: skipWithout(['ipset', 'ipset'], [`iptables-${variant}`, 'iptables']),
    // Each region of the hash takes its share, whatever the others hold.
    maxSeen: 2 * 16_384,
    create: (options) => createIpsetFirewall({ ...options, variant }),
    readApproved: (run) => readIpsetList(run, variant, 'approved'),
    async tamper(edge) {
      await edge.mustRun(`iptables-${variant}`, ['-w', '-F', 'EDGEWARD-JUDGE'])
    },
    async fillSeen(edge, addresses) {
      await edge.mustRun('ipset', ['restore'], { input: addresses.map((address) => `add edgeward-seen4 ${address}\n`).join('') })
    },
    async exchangeHost(edge, address, other) {
      const names = (await edge.mustRun('ipset', ['list', '-name'])).stdout.split('\n')
      const name = names.find((one) => one.startsWith('edgeward-approved4-')) ?? ''
      await edge.mustRun('ipset', ['del', name, address])
      await edge.mustRun('ipset', ['add', name, other])
    },
    async leftovers(edge) {
      const saved = await Promise.all(
        ([4, 6] as const).map((family) => edge.mustRun(iptablesFile(variant, family, 'save'), ['-t', 'filter'])),
      )
      const rules = saved.flatMap(({ stdout }) => stdout.split('\n').filter((line) => /EDGEWARD|edgeward|^-A/.test(line)))
      const sets = (await edge.mustRun('ipset', ['list', '-name'])).stdout
      return rules.join('\n') + sets
    },
  }
}

function skipWithout(...needs: readonly (readonly [string, string])[]): string | false {
  const missing = needs.filter(([program]) => !isInstalled(program))
  return missing.length > 0 && `needs ${missing.map(([program, name]) => `${program} (Debian: ${name})`).join(', ')}`
}
