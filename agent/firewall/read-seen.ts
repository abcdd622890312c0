import { SEEN_TIMEOUT_S } from '../../rules/firewall/nft-layout.ts'
import { UNLISTED } from '../../rules/firewall/nft-rules.ts'
import type { SeenSource } from './firewall.ts'
import { FirewallError } from './firewall-error.ts'

interface SeenElement {
  readonly elem?: { readonly val?: unknown; readonly expires?: unknown; readonly counter?: { readonly packets?: unknown } }
}

/** Reads `nft --json list set inet edgeward seen4` (or `seen6`). Each packet of a source begins its hour anew. @throws FirewallError UNREADABLE */
export function parseSeen(json: string): readonly SeenSource[] {
  return elementsOf(json).flatMap((element) => {
    const { val, counter, expires } = (element as SeenElement).elem ?? {}
    if (typeof val !== 'string' || typeof counter?.packets !== 'number') return []
    const lastAgoS = typeof expires === 'number' ? Math.max(0, SEEN_TIMEOUT_S - expires) : undefined
    return [{ address: val, packets: counter.packets, ...(lastAgoS === undefined ? {} : { lastAgoS }) }]
  })
}

/** Reads the counters of `nft --json --terse list ruleset inet`. @throws FirewallError UNREADABLE */
export function parseUnlisted(json: string): number {
  return objectsOf(json)
    .map(({ rule }) => rule)
    .filter((rule) => rule?.family === 'inet' && rule.table === 'edgeward' && rule.comment === UNLISTED)
    .flatMap((rule) => rule?.expr ?? [])
    .reduce((sum, { counter }) => sum + (counter?.packets ?? 0), 0)
}

interface Listed {
  readonly set?: { readonly elem?: readonly unknown[] }
  readonly rule?: {
    readonly family?: string
    readonly table?: string
    readonly comment?: string
    readonly expr?: readonly { readonly counter?: { readonly packets?: number } }[]
  }
}

function elementsOf(json: string): readonly unknown[] {
  return objectsOf(json).flatMap(({ set }) => set?.elem ?? [])
}

function objectsOf(json: string): readonly Listed[] {
  try {
    const { nftables } = JSON.parse(json) as { nftables: Listed[] }
    return nftables.map((listed) => listed)
  } catch (error) {
    throw new FirewallError('UNREADABLE', 'Cannot read the refused sources: nft printed no set', { cause: error })
  }
}

/** Most packets first, then by address, at most `limit`. */
export function busiest(seen: readonly SeenSource[], limit: number): readonly SeenSource[] {
  return [...seen].sort((a, b) => b.packets - a.packets || (a.address < b.address ? -1 : 1)).slice(0, limit)
}
