import type { SeenSource } from './firewall.ts'
import { FirewallError } from './firewall-error.ts'

/** Reads `nft --json list set inet edgeward seen4` (or `seen6`). @throws FirewallError UNREADABLE */
export function parseSeen(json: string): readonly SeenSource[] {
  return elementsOf(json).flatMap((element) => {
    const { val, counter } = (element as { elem?: { val?: unknown; counter?: { packets?: unknown } } }).elem ?? {}
    return typeof val === 'string' && typeof counter?.packets === 'number' ? [{ address: val, packets: counter.packets }] : []
  })
}

function elementsOf(json: string): readonly unknown[] {
  try {
    const { nftables } = JSON.parse(json) as { nftables: { set?: { elem?: unknown[] } }[] }
    return nftables.flatMap(({ set }) => set?.elem ?? [])
  } catch (error) {
    throw new FirewallError('UNREADABLE', 'Cannot read the refused sources: nft printed no set', { cause: error })
  }
}

/** Most packets first, then by address, at most `limit`. */
export function busiest(seen: readonly SeenSource[], limit: number): readonly SeenSource[] {
  return [...seen].sort((a, b) => b.packets - a.packets || (a.address < b.address ? -1 : 1)).slice(0, limit)
}
