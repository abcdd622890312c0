import { SEEN_SIZE } from '../../rules/firewall/nft-layout.ts'
import type { RefusedSource, RefusedTotal } from '../../rules/reports/agent-report.ts'
import type { SeenSource } from '../firewall/firewall.ts'

/** What the kernel says of refused sources, over several looks: since when, until when, and how many it had no room for. */
export interface SeenBook {
  /** Takes a look; the busiest sources first, at most `limit`. */
  take(
    sources: readonly SeenSource[],
    unlisted: number,
    nowMs: number,
  ): { readonly sources: RefusedSource[]; readonly total: RefusedTotal }
}

interface Known {
  readonly packets: number
  readonly firstMs: number
  readonly lastMs: number
}

/** Remembers no more than the kernel lists. Holds what one process saw: the kernel forgets a source an hour after its last packet. */
export function createSeenBook(limit: number): SeenBook {
  let known: ReadonlyMap<string, Known> = new Map()
  let unlistedBefore = 0
  let unlistedPackets = 0

  const look = ({ address, packets, firstAgoS, lastAgoS }: SeenSource, nowMs: number): Known => {
    const before = known.get(address)
    const firstMs = firstAgoS === undefined ? nowMs : nowMs - firstAgoS * 1000
    const lastMs = lastAgoS === undefined ? nowMs : nowMs - lastAgoS * 1000
    if (before === undefined) return { packets, firstMs: Math.min(firstMs, lastMs), lastMs }
    const isQuiet = lastAgoS === undefined && packets === before.packets
    return { packets, firstMs: Math.min(before.firstMs, firstMs), lastMs: isQuiet ? before.lastMs : lastMs }
  }

  return {
    take(sources, unlisted, nowMs) {
      const now = new Map(sources.map((source) => [source.address, look(source, nowMs)] as const))
      known = now
      // The kernel counts anew where the rules are written anew.
      unlistedPackets += unlisted >= unlistedBefore ? unlisted - unlistedBefore : unlisted
      unlistedBefore = unlisted
      const isV6 = ({ address }: SeenSource): boolean => address.includes(':')
      const count6 = sources.filter(isV6).length
      return {
        sources: [...now].slice(0, limit).map(([address, { packets, firstMs, lastMs }]) => ({
          address,
          packets,
          firstAt: new Date(firstMs).toISOString(),
          lastAt: new Date(lastMs).toISOString(),
        })),
        total: {
          sources: sources.length,
          isFull: count6 >= SEEN_SIZE || sources.length - count6 >= SEEN_SIZE,
          unlistedPackets,
        },
      }
    },
  }
}
