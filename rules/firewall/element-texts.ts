import type { BlockSet } from '../addresses/block-set.ts'
import { textOfV4, textOfV6 } from '../addresses/block-words.ts'

/** v4 hosts in canonical text, each made when it is asked for. */
export function* hosts4(set: BlockSet): Generator<string> {
  for (const address of set.host4) yield textOfV4(address, 32)
}

/** v4 prefixes shorter than /32. */
export function* nets4(set: BlockSet): Generator<string> {
  for (let i = 0; i < set.net4.length; i += 1) yield textOfV4(set.net4[i] ?? 0, set.net4Length[i] ?? 0)
}

/** v6 hosts. */
export function* hosts6(set: BlockSet): Generator<string> {
  const words = new Uint32Array(4)
  for (let i = 0; i < set.host6.length; i += 2) yield textOfV6(fillWords(words, set.host6, i))
}

/** v6 prefixes shorter than /128. */
export function* nets6(set: BlockSet): Generator<string> {
  const words = new Uint32Array(4)
  for (let i = 0; i < set.net6.length; i += 2) yield `${textOfV6(fillWords(words, set.net6, i))}/${set.net6Length[i / 2]}`
}

function fillWords(words: Uint32Array, pairs: BigUint64Array, at: number): Uint32Array {
  const high = pairs[at] ?? 0n
  const low = pairs[at + 1] ?? 0n
  words[0] = Number(high >> 32n)
  words[1] = Number(high & 0xffff_ffffn)
  words[2] = Number(low >> 32n)
  words[3] = Number(low & 0xffff_ffffn)
  return words
}
