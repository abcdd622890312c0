import { differenceOf } from '../addresses/block-set-difference.ts'
import { countOf } from '../addresses/block-set-lines.ts'
import { aboutText, stateChain } from './about.ts'
import { checkBlocked, checkProgram } from './check-program.ts'
import { findDeltaObstacle, hasSameRules } from './compile-nft-delta.ts'
import {
  AT_THE_EDGE,
  approvedKernelElements,
  type KernelElements,
  managementKernelElements,
  timedKernelElements,
} from './kernel-elements.ts'
import { createNftBatchWriter, type NftBatch, type NftBatchWriter } from './nft-messages.ts'
import type { FilterProgram, TimedBlock } from './program.ts'

export interface NftBatchOptions {
  /** Name of a chain that comes and goes within the transaction, so that whoever hears of it knows whose it is. */
  readonly mark?: string | undefined
}

/** A batch must fit in a socket's buffer (200 KiB) with its answers; more than this is for nft. */
const MAX_ELEMENTS = 1000

/**
 * The same as `compileNftDelta`, as the messages that nft would make of it: small, and nobody has to read the sets first. `undefined` where rules differ, where
 * there is much to change, or a block stands at the edge of its family: that is for nft.
 * @throws FilterError
 */
export function compileNftBatch(from: FilterProgram, to: FilterProgram, { mark }: NftBatchOptions = {}): NftBatch | undefined {
  checkProgram(from)
  checkProgram(to)
  if (findDeltaObstacle(from, to) !== undefined || !hasSameRules(from, to)) return undefined
  const approved = differenceOf(from.approved, to.approved)
  const management = differenceOf(from.management, to.management)
  const changed = [approved.added, approved.removed, management.added, management.removed]
  const timed = to.blocked.length + (to.opened ?? []).length
  if (changed.reduce((sum, set) => sum + countOf(set), timed) > MAX_ELEMENTS) return undefined
  const out = allOf(approvedKernelElements(approved.removed), managementKernelElements(management.removed))
  const into = allOf(approvedKernelElements(approved.added), managementKernelElements(management.added))
  const inTime = allOf(timedKernelElements('open', to.opened ?? []), timedKernelElements('block', to.blocked))
  if (out === undefined || into === undefined || inTime === undefined) return undefined
  const writer = createNftBatchWriter()
  writer.deleteChain(stateChain(from))
  writer.addChain(stateChain(to))
  if (mark !== undefined) writeMark(writer, mark)
  // Out before in: a prefix and the one that covers it must never stand in an interval set together.
  for (const [set, elements] of out) if (elements.length > 0) writer.deleteElements(set, elements)
  for (const [set, elements] of into) if (elements.length > 0) writer.addElements(set, elements)
  writeTimed(writer, inTime)
  writer.flushChain('about')
  writer.addComment('about', aboutText(to))
  return writer.finish()
}

/** The same as `compileNftBlocked`. @throws FilterError BAD_TIMEOUT */
export function compileNftBlockedBatch(blocked: readonly TimedBlock[], { mark }: NftBatchOptions = {}): NftBatch | undefined {
  checkBlocked(blocked)
  if (blocked.length > MAX_ELEMENTS) return undefined
  const elements = timedKernelElements('block', blocked)
  if (elements === AT_THE_EDGE || countElements(elements) > MAX_ELEMENTS) return undefined
  const writer = createNftBatchWriter()
  if (mark !== undefined) writeMark(writer, mark)
  writeTimed(writer, elements)
  return writer.finish()
}

function writeMark(writer: NftBatchWriter, mark: string): void {
  writer.addChain(mark)
  writer.deleteChain(mark)
}

/** Emptied first: kernels before 6.12 keep the old time of an element that is added again. */
function writeTimed(writer: NftBatchWriter, all: KernelElements): void {
  for (const [set] of all) writer.flushSet(set)
  for (const [set, elements] of all) if (elements.length > 0) writer.addElements(set, elements)
}

function allOf(...parts: readonly (KernelElements | typeof AT_THE_EDGE)[]): KernelElements | undefined {
  const maps = parts.filter((part) => part !== AT_THE_EDGE)
  if (maps.length < parts.length) return undefined
  const all: KernelElements = new Map(maps.flatMap((map) => [...map]))
  // Timed blocks may be cut into many.
  return countElements(all) > MAX_ELEMENTS ? undefined : all
}

function countElements(all: KernelElements): number {
  return [...all.values()].reduce((sum, elements) => sum + elements.length, 0)
}
