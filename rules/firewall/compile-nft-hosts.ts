import type { BlockSet } from '../addresses/block-set.ts'
import type { NftBatchOptions } from './compile-nft-batch.ts'
import { createNftBatchWriter, type NftBatch } from './nft-messages.ts'
import type { FilterProgram } from './program.ts'

/** A host that somebody put into a set or took out of it. */
export interface TouchedHost {
  readonly set: 'host4' | 'host6'
  /** Its address in network order. */
  readonly key: Uint8Array
  /** What the kernel told last: it was put there, or it was taken out. */
  readonly isThere: boolean
}

/**
 * The transaction after which each of these hosts, the latest word on it last, is where `program` wants it and as `program` wants it. The kernel refuses it where one that
 * was put there is not there. `undefined` where that is all so already.
 */
export function compileNftHosts(
  program: FilterProgram,
  hosts: readonly TouchedHost[],
  { mark }: NftBatchOptions = {},
): NftBatch | undefined {
  const latest = [...new Map(hosts.map((host) => [`${host.set} ${host.key.join('.')}`, host])).values()]
  const wanted = latest.filter(({ set, key }) =>
    set === 'host4' ? hasHost4(program.approved, key) : hasHost6(program.approved, key),
  )
  const there = latest.filter(({ isThere }) => isThere)
  if (wanted.length + there.length === 0) return undefined
  const writer = createNftBatchWriter()
  if (mark !== undefined) {
    writer.addChain(mark)
    writer.deleteChain(mark)
  }
  // One that is wanted goes as well: it may have got a comment.
  for (const set of ['host4', 'host6'] as const) {
    const of = (all: readonly TouchedHost[]) => all.filter((host) => host.set === set)
    if (of(there).length > 0) writer.deleteElements(set, of(there))
    if (of(wanted).length > 0) writer.addElements(set, of(wanted))
  }
  return writer.finish()
}

function hasHost4({ host4 }: BlockSet, key: Uint8Array): boolean {
  const wanted = viewOf(key).getUint32(0)
  return isFound(host4.length, (at) => compare(host4[at] ?? 0, wanted))
}

function hasHost6({ host6 }: BlockSet, key: Uint8Array): boolean {
  const [high, low] = [viewOf(key).getBigUint64(0), viewOf(key).getBigUint64(8)]
  return isFound(host6.length / 2, (at) => compare(host6[2 * at] ?? 0n, high) || compare(host6[2 * at + 1] ?? 0n, low))
}

/** Searches what is sorted: `order` is below 0 for what comes before. */
function isFound(count: number, order: (at: number) => number): boolean {
  let from = 0
  let to = count
  while (from < to) {
    const middle = (from + to) >>> 1
    const found = order(middle)
    if (found === 0) return true
    if (found < 0) from = middle + 1
    else to = middle
  }
  return false
}

function compare<Value extends number | bigint>(a: Value, b: Value): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function viewOf(key: Uint8Array): DataView {
  return new DataView(key.buffer, key.byteOffset, key.length)
}
