import type { Block } from '../addresses/block.ts'
import type { BlockSet } from '../addresses/block-set.ts'
import type { Mode } from '../firewall/program.ts'

/** Why a list may shrink past the limits of `judgeRevision`: said by one person, approved by another. */
export interface ShrinkConfirmation {
  readonly reason: string
  readonly requestedBy: string
  readonly approvedBy: string
}

/** The first line of an allow document, as JSON. */
export interface AllowHeader {
  readonly format: 'edgeward-allow/1'
  readonly revision: number
  /** ISO 8601 with offset. */
  readonly publishedAt: string
  readonly mode: Mode
  /** From this instant on the mode is `enforce`, whatever `mode` says before; `null` where no date is set. 1923/BHXH-CNTT §1a. */
  readonly enforceFrom: string | null
  /** Entry lines that follow. */
  readonly entries: number
  /** SHA-256 (hex) of the approved blocks after aggregation: what the kernel must hold. */
  readonly digest: string
  readonly shrink: ShrinkConfirmation | null
}

/** Who holds a block: one of the approvals that keep it open. */
export interface Owner {
  /** Five digits as a string. */
  readonly facility: string
  /** Managing province by its own field (two digits), never derived from the facility. */
  readonly province: string
  /** Number of the dispatch that approved it. */
  readonly dispatch: string
}

/** One line of the list: a block as approved, and everybody who holds it. */
export interface AllowEntry {
  readonly block: Block
  readonly owners: readonly Owner[]
}

/**
 * A parsed allow document: the signed list of one revision (TUF target `allow/<rev>.full`). Text form: the header as one JSON line, then a line a block,
 * `block<TAB>facility:province:dispatch[<TAB>facility:province:dispatch…]`, blocks as approved (not aggregated), sorted by `compareBlocks`, each once.
 */
export interface AllowDocument {
  readonly header: AllowHeader
  /** What the kernel gets: hosts and disjoint prefixes. */
  readonly approved: BlockSet
  /** Distinct provinces of all owners, sorted, with their entry counts. */
  readonly provinces: ReadonlyMap<string, number>
  /** Owners of the most specific entries that cover `address` (canonical host); empty when none does. */
  ownersOf(address: string): readonly Owner[]
}
