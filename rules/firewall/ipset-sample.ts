import type { BlockSet } from '../addresses/block-set.ts'
import { elementsOf } from './ipset-elements.ts'
import { FAMILIES, type Generations, listSetName } from './ipset-layout.ts'

/**
 * For `ipset -` (`ipset restore` ends at its first `test`, without a word): asks whether some approved elements are in their lists, `perKind` hosts and as many prefixes of each family; the
 * next number asks for the next ones, round and round. A host that somebody's prefix covers is not missed: nothing is closed by that.
 */
export function sampleText(approved: BlockSet, generations: Generations, number: number, perKind: number): string {
  const some = sampleOf(approved, number, perKind)
  return FAMILIES.flatMap((family) => {
    const name = listSetName('approved', family, generations[family])
    return [...elementsOf(some, family)].map((element) => `test ${name} ${element}\n`)
  }).join('')
}

function sampleOf({ host4, net4, net4Length, host6, net6, net6Length }: BlockSet, number: number, perKind: number): BlockSet {
  const partOf = (length: number): readonly [number, number] => {
    const parts = Math.max(1, Math.ceil(length / perKind))
    const start = (number % parts) * perKind
    return [start, Math.min(length, start + perKind)]
  }
  const pairsOf = (length: number): readonly [number, number] => {
    const [start, end] = partOf(length / 2)
    return [2 * start, 2 * end]
  }
  return {
    host4: host4.subarray(...partOf(host4.length)),
    net4: net4.subarray(...partOf(net4.length)),
    net4Length: net4Length.subarray(...partOf(net4.length)),
    host6: host6.subarray(...pairsOf(host6.length)),
    net6: net6.subarray(...pairsOf(net6.length)),
    net6Length: net6Length.subarray(...partOf(net6Length.length)),
  }
}
