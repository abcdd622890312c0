import { createIpsetFirewall } from '../../agent/firewall/ipset-firewall.ts'
import type { IptablesVariant } from '../../agent/firewall/iptables-variant.ts'
import { findNftState, findRemains } from '../../agent/firewall/nft-state.ts'
import { parseSetElements } from '../../agent/firewall/read-approved.ts'
import { readIpsetList } from '../../agent/firewall/read-ipset.ts'
import { digestOf } from '../../rules/addresses/block-set-lines.ts'
import { createBlockSet } from '../../rules/addresses/create-block-set.ts'
import { findStoodIn } from '../../rules/firewall/compile-nft-staged.ts'
import { runInNamespace } from './namespace-run.ts'
import type { TestNamespace } from './netns.ts'

/** What a kernel holds of ours: what it says, and what its approved elements come to. */
export interface KernelContent {
  readonly revision: number
  readonly mode: string
  readonly digest: string
  /** Digest of the elements that packets are judged by. */
  readonly elements: string
  /** False where an apply was cut off before its last step: the rules look into sets that stand in for others. */
  readonly isSettled: boolean
}

const TABLE = ['list', 'table', 'inet', 'edgeward']
const APPROVED = new Set(['host4', 'net4', 'host6', 'net6'])

/** By one listing, which nft repeats until nothing changed meanwhile. `undefined` where nothing of ours judges packets. @throws Error where half a table does */
export async function readNftKernel(space: TestNamespace): Promise<KernelContent | undefined> {
  const { exitCode, stdout, stderr } = await space.run('nft', ['--json', ...TABLE])
  if (exitCode !== 0 && /No such file/.test(stderr)) return undefined
  if (exitCode !== 0) throw new Error(`nft list table ended with ${exitCode}: ${stderr}`)
  const state = findNftState(stdout)
  if (state === undefined) {
    // A first load stands in parts until its last transaction hooks it in.
    if (findRemains(stdout).kind === 'idle') return undefined
    throw new Error('The kernel judges packets by a table of ours that is not whole')
  }
  const { nftables } = JSON.parse(stdout) as { nftables: { set?: { name: string } }[] }
  const stoodIn = new Set(state.standing.map(({ set }) => set))
  const isJudgedBy = (name: string): boolean => {
    const other = findStoodIn(name)
    return other === undefined ? APPROVED.has(name) && !stoodIn.has(name) : APPROVED.has(other) && stoodIn.has(other)
  }
  const sets = nftables.filter(({ set }) => set !== undefined && isJudgedBy(set.name))
  const blocks = [...parseSetElements(JSON.stringify({ nftables: sets }))]
  return { ...state.about, elements: digestOf(createBlockSet(blocks)), isSettled: stoodIn.size === 0 }
}

/** `undefined` where nothing of ours is in force as a whole. To be asked while nothing changes. */
export async function readIpsetKernel(space: TestNamespace, variant: IptablesVariant): Promise<KernelContent | undefined> {
  const run = runInNamespace(space)
  const found = await createIpsetFirewall({ run, variant }).inForce()
  return found && { ...found, elements: digestOf(await readIpsetList(run, variant, 'approved')), isSettled: true }
}
