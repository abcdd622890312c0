import type { Block } from '../../rules/addresses/block.ts'
import { blockOf } from '../../rules/addresses/block-bits.ts'
import { parseBlock } from '../../rules/addresses/parse-block.ts'
import type { SampleRandom } from './sample-random.ts'

/** A made-up address and the carrier it seems to come from. */
export interface SampleBlock {
  readonly block: Block
  readonly carrier: string
}

/** Globally routable ranges with room for a million hosts each; which carrier has them in truth does not matter. */
const CARRIERS = [
  { carrier: 'VNPT', hosts: [14, 160], prefixes: [203, 162], v6: '2001:ee0' },
  { carrier: 'Viettel', hosts: [171, 224], prefixes: [203, 113], v6: '2402:800' },
  { carrier: 'FPT Telecom', hosts: [42, 112], prefixes: [210, 245], v6: '2405:4800' },
] as const

const HOSTS_PER_CARRIER = 2 ** 19
const PREFIX_SHARE = 0.02
const V6_SHARE = 0.05

/** Gives blocks that never overlap each other: mostly IPv4 hosts, some short prefixes, some IPv6. */
export function createSampleBlocks(random: SampleRandom): () => SampleBlock {
  const used = new Set<string>()
  let prefixes = 0
  let v6 = 0
  const host = ([first, second]: readonly [number, number]): Block => {
    const at = random.below(HOSTS_PER_CARRIER)
    // Neither .0 nor .255, which look like mistakes.
    const last = 1 + (at % 254)
    return parseBlock(`${first}.${second + ((at >>> 16) & 7)}.${(at >>> 8) & 255}.${last}`)
  }
  return () => {
    const carrier = CARRIERS[random.below(CARRIERS.length)] ?? CARRIERS[0]
    const kind = random.share()
    if (kind < PREFIX_SHARE && prefixes < 8000) {
      prefixes += 1
      const [first, second] = carrier.prefixes
      return {
        block: blockOf({
          family: 4,
          value: BigInt((first << 24) >>> 0) + BigInt(second << 16) + BigInt(prefixes * 8),
          length: 29,
        }),
        carrier: carrier.carrier,
      }
    }
    if (kind < PREFIX_SHARE + V6_SHARE) {
      v6 += 1
      const site = `${carrier.v6}:${(v6 >>> 16).toString(16)}:${(v6 & 0xffff).toString(16)}::`
      return {
        block: parseBlock(v6 % 3 === 0 ? `${site}/64` : `${site}${(1 + random.below(0xfffe)).toString(16)}`),
        carrier: carrier.carrier,
      }
    }
    for (;;) {
      const block = host(carrier.hosts)
      if (used.has(block)) continue
      used.add(block)
      return { block, carrier: carrier.carrier }
    }
  }
}
