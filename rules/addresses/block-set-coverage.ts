import type { BlockSet } from './block-set.ts'

/** How much of the internet a set opens. */
export interface Coverage {
  readonly addresses4: number
  /** IPv6 in units of /48; what is smaller counts by its share. */
  readonly networks6: number
  /** The shortest prefix length in the set; 32 and 128 where there are hosts only or nothing. */
  readonly minLength4: number
  readonly minLength6: number
}

/** Adds up what the elements cover; they are disjoint, so nothing counts twice. */
export function coverageOf(set: BlockSet): Coverage {
  let addresses4 = set.host4.length
  let networks6 = (set.host6.length / 2) * 2 ** -80
  let minLength4 = 32
  let minLength6 = 128
  for (const length of set.net4Length) {
    addresses4 += 2 ** (32 - length)
    minLength4 = Math.min(minLength4, length)
  }
  for (const length of set.net6Length) {
    networks6 += 2 ** (48 - length)
    minLength6 = Math.min(minLength6, length)
  }
  return { addresses4, networks6, minLength4, minLength6 }
}
