import type { BlockSet } from '../../rules/addresses/block-set.ts'
import { createBlockSet } from '../../rules/addresses/create-block-set.ts'
import { compileNftBatch, type NftBatchOptions } from '../../rules/firewall/compile-nft-batch.ts'
import type { NftBatch } from '../../rules/firewall/nft-messages.ts'
import type { FilterProgram } from '../../rules/firewall/program.ts'
import { FirewallError } from './firewall-error.ts'
import { parseSetElements } from './read-approved.ts'

/** The interval sets whose elements have no time, in the order of `compileIntervalRepair`. */
export const INTERVAL_SETS = ['net4', 'net6', 'mgmt4', 'mgmt6'] as const

/**
 * What makes the interval sets hold what `program` wants, where they hold what `nft --json list set` printed of each: the difference, and all that has a time. `undefined` where they hold what
 * no list could have put there (ranges, comments, hosts), where there is much to change, or a block stands at the edge of its family: then they must be made anew.
 */
export function compileIntervalRepair(
  program: FilterProgram,
  listed: readonly string[],
  options: NftBatchOptions,
): NftBatch | undefined {
  const sets = listed.map(findBlocks)
  const [net4, net6, mgmt4, mgmt6] = sets
  if (net4 === undefined || net6 === undefined || mgmt4 === undefined || mgmt6 === undefined) return undefined
  if (net4.host4.length + net6.host6.length > 0) return undefined
  const found: FilterProgram = {
    ...program,
    approved: {
      ...program.approved,
      net4: net4.net4,
      net4Length: net4.net4Length,
      net6: net6.net6,
      net6Length: net6.net6Length,
    },
    management: { ...mgmt4, host6: mgmt6.host6, net6: mgmt6.net6, net6Length: mgmt6.net6Length },
  }
  return compileNftBatch(found, program, options)
}

function findBlocks(json: string): BlockSet | undefined {
  try {
    return createBlockSet(parseSetElements(json))
  } catch (error) {
    if (error instanceof FirewallError) return undefined
    throw error
  }
}
