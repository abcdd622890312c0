import { isIP } from 'node:net'
import { AddressError } from '../../rules/addresses/address-error.ts'
import type { Block } from '../../rules/addresses/block.ts'
import type { BlockSet } from '../../rules/addresses/block-set.ts'
import { createBlockSet } from '../../rules/addresses/create-block-set.ts'
import { parseBlock } from '../../rules/addresses/parse-block.ts'
import type { HostSight } from '../lockout/host-sight.ts'

/** Whom no verdict may block, whatever it says: the control API, and those who must always pass. Management prefixes are apart. */
export interface ProtectedSources {
  readonly blocks: BlockSet
  /** Looks the control API's name up again. Never throws: what was known stays. */
  refresh(): Promise<void>
}

export function createProtectedSources(
  sight: Pick<HostSight, 'addressesOf'>,
  controlUrl: string,
  mustPass: readonly string[],
): ProtectedSources {
  const host = new URL(controlUrl).hostname.replace(/^\[(.*)\]$/, '$1')
  const always = mustPass.map((text) => parseBlock(text))
  let blocks = createBlockSet([...always, ...literalOf(host)])
  return {
    get blocks() {
      return blocks
    },
    async refresh() {
      if (isIP(host) !== 0) return
      const found = await sight.addressesOf(host).catch((): readonly Block[] => [])
      if (found.length > 0) blocks = createBlockSet([...always, ...found])
    },
  }
}

function literalOf(host: string): Block[] {
  try {
    return isIP(host) === 0 ? [] : [parseBlock(host)]
  } catch (error) {
    // A loopback or private address is no source that anybody could block by a list.
    if (error instanceof AddressError) return []
    throw error
  }
}
