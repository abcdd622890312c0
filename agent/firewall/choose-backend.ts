import { digestOf } from '../../rules/addresses/block-set-lines.ts'
import { EMPTY_BLOCK_SET } from '../../rules/addresses/create-block-set.ts'
import type { FilterProgram } from '../../rules/firewall/program.ts'
import type { RunProgram } from '../process/run-program.ts'
import { createDryRunFirewall } from './dry-run-firewall.ts'
import type { Firewall } from './firewall.ts'
import { FirewallError, type FirewallErrorCode } from './firewall-error.ts'
import { createIpsetFirewall } from './ipset-firewall.ts'
import { findIptablesVariant, type IptablesVariant } from './iptables-variant.ts'
import { createNftFirewall, type NftFirewallOptions } from './nft-firewall.ts'
import { withoutRemains } from './without-remains.ts'

/** What the config may say. */
export type BackendWish = 'auto' | 'nft' | 'ipset' | 'dry-run'

export interface BackendOptions {
  readonly run: RunProgram
  /** Told of what did not go as planned and was put right. */
  readonly onMisfit: (error: FirewallError) => void
  /** How nft's small changes go straight to the kernel; without it each starts an nft. */
  readonly direct?: Pick<NftFirewallOptions, 'netlink' | 'onGivenUp' | 'mark'>
}

/** The backend in use, and why where the config left it open. */
export interface ChosenFirewall {
  readonly firewall: Firewall
  /** Which iptables, where it is ipset and iptables. */
  readonly iptables?: IptablesVariant
  /** In words, for the status; empty where there is nothing to say. */
  readonly reason: string
}

/** Faults that no second try cures: this machine or this user cannot use the backend. Any other is for the start to tell and to try again. */
const CANNOT: ReadonlySet<FirewallErrorCode> = new Set(['NO_TOOL', 'NOT_PERMITTED', 'UNSUPPORTED'])

/** Opens what the config names. `auto`: nft where it works; else ipset and iptables; else a dry run. */
export async function chooseBackend(wish: BackendWish, options: BackendOptions): Promise<ChosenFirewall> {
  if (wish === 'dry-run') return { firewall: createDryRunFirewall(), reason: 'the config says so; no packet is judged' }
  if (wish === 'nft') return { firewall: openNft(options), reason: '' }
  if (wish === 'ipset') return openIpset(options, '')
  const nft = openNft(options)
  const nftFault = await findFault(async () => void (await nft.inForce()))
  if (nftFault === undefined) return { firewall: nft, reason: '' }
  const ipset = await openIpset(options, nftFault.message)
  // Not what is in force, but whether the kernel would take a program: `-m set` needs a right more, and modules.
  const ipsetFault = await findFault(() => ipset.firewall.check(NOBODY))
  if (ipsetFault === undefined) return ipset
  return { firewall: createDryRunFirewall(), reason: `${nftFault.message}; ${ipsetFault.message}; no packet is judged` }
}

/** Approves nobody; for `check` only. */
const NOBODY: FilterProgram = {
  revision: 0,
  digest: digestOf(EMPTY_BLOCK_SET),
  mode: 'observe',
  refuse: 'reset',
  hooks: ['input', 'forward'],
  guarded: { tcp: [80], udp: [443] },
  interfaces: [],
  approved: EMPTY_BLOCK_SET,
  management: EMPTY_BLOCK_SET,
  blocked: [],
}

function openNft({ run, onMisfit, direct }: BackendOptions): Firewall {
  const removeOther = async (): Promise<void> => {
    const { exitCode, stdout } = await run('ipset', ['list', '-name'])
    if (exitCode === 0 && /^edgeward-/m.test(stdout))
      await createIpsetFirewall({ run, variant: await findIptablesVariant(run), onMisfit }).remove()
  }
  return withoutRemains(createNftFirewall({ run, onMisfit, ...direct }), removeOther, onMisfit)
}

async function openIpset({ run, onMisfit }: BackendOptions, why: string): Promise<ChosenFirewall> {
  const variant = await findVariant(run)
  const firewall = createIpsetFirewall({ run, variant, onMisfit })
  const removeOther = () => createNftFirewall({ run, onMisfit }).remove()
  const used = `ipset and iptables${variant === 'own' ? '' : `-${variant}`} are used`
  return {
    firewall: withoutRemains(firewall, removeOther, onMisfit),
    iptables: variant,
    reason: why === '' ? '' : `${why}; ${used}`,
  }
}

/** Without one that works, the host's own: its complaints are then the faults that the status shows. */
async function findVariant(run: RunProgram): ReturnType<typeof findIptablesVariant> {
  try {
    return await findIptablesVariant(run)
  } catch (error) {
    if (!(error instanceof FirewallError)) throw error
    return 'own'
  }
}

async function findFault(work: () => Promise<void>): Promise<FirewallError | undefined> {
  try {
    await work()
    return undefined
  } catch (error) {
    if (!(error instanceof FirewallError)) throw error
    return CANNOT.has(error.code) ? error : undefined
  }
}
