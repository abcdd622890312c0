import type { Block } from '../../rules/addresses/block.ts'
import type { BlockSet } from '../../rules/addresses/block-set.ts'
import { createBlockSet } from '../../rules/addresses/create-block-set.ts'
import { parseBlock } from '../../rules/addresses/parse-block.ts'
import { blocksOfElements } from '../../rules/firewall/ipset-elements.ts'
import { FAMILIES, listSetName } from '../../rules/firewall/ipset-layout.ts'
import { SEEN_TIMEOUT_S } from '../../rules/firewall/nft-layout.ts'
import { UNLISTED } from '../../rules/firewall/nft-rules.ts'
import { ProgramError } from '../process/program-error.ts'
import type { RunProgram } from '../process/run-program.ts'
import type { SeenSource } from './firewall.ts'
import { FirewallError } from './firewall-error.ts'
import { ipsetFault } from './ipset-fault.ts'
import { readFamilyState } from './ipset-state.ts'
import { type IptablesVariant, iptablesFile } from './iptables-variant.ts'
import { runFault } from './nft-fault.ts'

const MAX_BYTES = 256 * 1024 * 1024
const DOING = 'Cannot read the lists back'

/** Reads `ipset save` of a list of refused sources. The hour of a source begins with the packet that listed it. */
export function parseSavedSeen(saved: string): readonly SeenSource[] {
  return saved.split('\n').flatMap((line) => {
    const match = /^add \S+ (\S+) timeout (\d+) .*\bpackets (\d+)/.exec(line)
    if (match?.[1] === undefined) return []
    return [{ address: match[1], packets: Number(match[3]), firstAgoS: Math.max(0, SEEN_TIMEOUT_S - Number(match[2])) }]
  })
}

/** Reads the counters of `iptables-save -c -t filter`. */
export function parseSavedUnlisted(saved: string): number {
  return saved
    .split('\n')
    .filter((line) => line.includes(' -A EDGEWARD-JUDGE ') && new RegExp(`--comment "?${UNLISTED}"?`).test(line))
    .reduce((sum, line) => sum + Number(/^\[(\d+):/.exec(line)?.[1] ?? 0), 0)
}

/**
 * Every element of a list as the kernel holds it, both families. For plans, proofs and repairs, never on a pass.
 * @throws FirewallError NOT_IN_FORCE, NOT_PERMITTED, NO_TOOL; AddressError where something in it is no block
 */
export async function readIpsetList(run: RunProgram, variant: IptablesVariant, kind: 'approved' | 'mgmt'): Promise<BlockSet> {
  const blocks: Block[] = []
  for (const family of FAMILIES) {
    const saved = await tool(run, iptablesFile(variant, family, 'save'), ['-t', 'filter'])
    const { generation } = readFamilyState(saved, family)
    if (generation === undefined)
      throw new FirewallError('NOT_IN_FORCE', `${DOING}: no rules of ours name a list of IPv${family}`)
    const elements = await tool(run, 'ipset', ['save', listSetName(kind, family, generation)])
    const texts = Array.from(elements.matchAll(/^add \S+ (\S+)/gm), ([, element = '']) => element)
    for (const block of blocksOfElements(texts)) blocks.push(parseBlock(block))
  }
  return createBlockSet(blocks)
}

async function tool(run: RunProgram, file: Parameters<RunProgram>[0], args: readonly string[]): Promise<string> {
  try {
    const { exitCode, stdout, stderr } = await run(file, args, { maxOutputBytes: MAX_BYTES, timeoutMs: 300_000, priority: 'low' })
    if (exitCode !== 0) throw ipsetFault(DOING, file, stderr)
    return stdout
  } catch (error) {
    throw error instanceof ProgramError ? runFault(DOING, error) : error
  }
}
