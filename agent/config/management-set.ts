import { isIP } from 'node:net'
import type { Block } from '../../rules/addresses/block.ts'
import type { BlockSet } from '../../rules/addresses/block-set.ts'
import { createBlockSet } from '../../rules/addresses/create-block-set.ts'
import { parseBlock } from '../../rules/addresses/parse-block.ts'

/**
 * What no policy can cut off: the administrators' prefixes, and the control API where its URL names an address. A host name is not resolved:
 * an answer of the DNS must not open the door; list its addresses as management prefixes where this host guards the way to them.
 * @throws AddressError
 */
export function createManagementSet(prefixes: readonly string[] | 'none', controlUrl: string): BlockSet {
  const host = new URL(controlUrl).hostname.replace(/^\[(.*)\]$/, '$1')
  const blocks: Block[] = (prefixes === 'none' ? [] : prefixes).map((text) => parseBlock(text))
  if (isIP(host) !== 0) blocks.push(parseBlock(host))
  return createBlockSet(blocks)
}
