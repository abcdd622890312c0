import { checkProgram } from './check-program.ts'
import type { NftBatchOptions } from './compile-nft-batch.ts'
import { allIntervals, type IntervalList, netIntervals, timedIntervals, wordsOfPairs } from './interval-list.ts'
import type { ListSet } from './nft-layout.ts'
import { createNftBatchWriter, type NftBatch, type NftBatchWriter } from './nft-messages.ts'
import type { FilterProgram } from './program.ts'
import { hostBytes, intervalBytes, writeHosts, writeIntervals } from './write-elements.ts'

/** What a set holds. */
type Content =
  | { readonly kind: 'hosts'; readonly width: 1 | 4; readonly keys: Uint32Array }
  | { readonly kind: 'intervals'; readonly list: IntervalList }

interface Filled {
  readonly set: ListSet
  /** That it gets. */
  readonly name: string
  readonly content: Content
}

/** Sets, and what a batch does before it makes them. */
export interface NftFill extends NftBatchOptions {
  readonly sets: readonly ListSet[]
  /** The name that a set gets. */
  readonly nameOf: (set: ListSet) => string
  readonly begin: (writer: NftBatchWriter) => void
}

/** All but its elements; they are what takes room. */
const OTHER_BYTES = 16 * 1024

/**
 * The elements of `sets`, however many, as the messages that nft would make of them: one transaction, in one piece of memory, and no object for any element.
 * @throws FilterError
 */
export function compileNftFill(program: FilterProgram, { sets, nameOf, begin, mark }: NftFill): NftBatch {
  checkProgram(program)
  const all = sets.map((set): Filled => ({ set, name: nameOf(set), content: contentOf(program, set) }))
  const bytes = all.reduce((sum, { content }) => sum + bytesOf(content), OTHER_BYTES)
  const writer = createNftBatchWriter(bytes)
  begin(writer)
  if (mark !== undefined) {
    writer.addChain(mark)
    writer.deleteChain(mark)
  }
  for (const { set, name, content } of all) {
    writer.addSet(set, name)
    writer.addAll(name, (netlink, say) =>
      content.kind === 'hosts'
        ? writeHosts(netlink, content.width, content.keys, say)
        : writeIntervals(netlink, content.list, say),
    )
  }
  return writer.finish()
}

function contentOf({ approved, management, opened = [], blocked }: FilterProgram, { name, family }: ListSet): Content {
  const kind = name.slice(0, -1)
  if (kind === 'host')
    return family === 4
      ? { kind: 'hosts', width: 1, keys: approved.host4 }
      : { kind: 'hosts', width: 4, keys: wordsOfPairs(approved.host6) }
  if (kind === 'net') return { kind: 'intervals', list: netIntervals(approved, family) }
  if (kind === 'mgmt') return { kind: 'intervals', list: allIntervals(management, family) }
  return { kind: 'intervals', list: timedIntervals(kind === 'open' ? opened : blocked, family) }
}

function bytesOf(content: Content): number {
  return content.kind === 'hosts' ? hostBytes(content.width, content.keys.length / content.width) : intervalBytes(content.list)
}
