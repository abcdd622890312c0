import type { Block } from '../../rules/addresses/block.ts'
import type { BlockSet } from '../../rules/addresses/block-set.ts'
import { createBlockSet } from '../../rules/addresses/create-block-set.ts'
import { parseBlock } from '../../rules/addresses/parse-block.ts'
import { NFT_TABLE } from '../../rules/firewall/nft-layout.ts'
import { ProgramError } from '../process/program-error.ts'
import type { RunProgram } from '../process/run-program.ts'
import { FirewallError } from './firewall-error.ts'
import { nftFault, runFault } from './nft-fault.ts'

const SETS = ['host4', 'net4', 'host6', 'net6']
const MAX_BYTES = 256 * 1024 * 1024
const DOING = 'Cannot read the approved blocks back'

/**
 * Every approved element as the kernel holds it. Slow (0.5 s at 100,000, and it grows): for plans and repairs by hand, never on a pass.
 * @throws FirewallError NOT_IN_FORCE, NOT_PERMITTED, NO_TOOL, UNREADABLE
 */
export async function readApproved(run: RunProgram): Promise<BlockSet> {
  const blocks: Block[] = []
  // One after another: each listing may be large.
  for (const set of SETS) for (const block of parseSetElements(await listSet(run, set))) blocks.push(block)
  return createBlockSet(blocks)
}

async function listSet(run: RunProgram, set: string): Promise<string> {
  try {
    const args = ['--json', 'list', 'set', ...NFT_TABLE.split(' '), set]
    const { exitCode, stdout, stderr } = await run('nft', args, {
      maxOutputBytes: MAX_BYTES,
      timeoutMs: 300_000,
      priority: 'low',
    })
    if (exitCode !== 0) throw nftFault(DOING, stderr)
    return stdout
  } catch (error) {
    throw error instanceof ProgramError ? runFault(DOING, error) : error
  }
}

/** Elements of `nft --json list set …`: a host is a text, a prefix an object; what else there may be is not ours. */
export function* parseSetElements(json: string): Generator<Block> {
  try {
    const { nftables } = JSON.parse(json) as { nftables: { set?: { elem?: unknown[] } }[] }
    for (const { set } of nftables) for (const element of set?.elem ?? []) yield parseElement(element)
  } catch (error) {
    if (error instanceof FirewallError) throw error
    throw new FirewallError('UNREADABLE', `${DOING}: nft printed something that is no set of blocks`, { cause: error })
  }
}

function parseElement(element: unknown): Block {
  if (typeof element === 'string') return parseBlock(element)
  const { prefix } = element as { prefix?: { addr: string; len: number } }
  if (prefix !== undefined) return parseBlock(`${prefix.addr}/${prefix.len}`)
  throw new FirewallError('UNREADABLE', `${DOING}: ${JSON.stringify(element)} is neither a host nor a prefix`)
}
