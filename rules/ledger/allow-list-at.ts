import type { Block } from '../addresses/block.ts'
import { sortBlocks } from '../addresses/block-bits.ts'
import type { AllowEntry, Owner } from '../revisions/allow-document.ts'
import { ownerText } from '../revisions/owner-text.ts'
import { type Approval, isEffective } from './approval.ts'

/**
 * The list that holds at `atMs`: each approved block once with everybody who holds it then, in the order of `compareBlocks`, owners in the order of their
 * text and each once. Blocks stand as approved; covered ones too, so that they come back when their cover goes.
 */
export function allowListAt(approvals: Iterable<Approval>, atMs: number): AllowEntry[] {
  const owners = new Map<Block, Owner[]>()
  for (const approval of approvals) {
    if (!isEffective(approval, atMs)) continue
    const held = owners.get(approval.block)
    if (held === undefined) owners.set(approval.block, [approval.owner])
    else held.push(approval.owner)
  }
  return sortBlocks(owners.keys()).map((block) => ({ block, owners: sortOwners(owners.get(block) ?? []) }))
}

/** The owners in the order of their text, each once. */
export function sortOwners(owners: readonly Owner[]): readonly Owner[] {
  if (owners.length < 2) return owners
  const byText = new Map(owners.map((owner) => [ownerText(owner), owner]))
  return [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, owner]) => owner)
}
