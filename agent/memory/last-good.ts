import type { RevisionSummary } from '../../rules/revisions/revision-summary.ts'
import type { MemoryErrorCode } from './memory-error.ts'

/** A part of the memory that could not be used. The agent goes on without it and says so. */
export interface MemoryFault {
  readonly code: MemoryErrorCode
  readonly message: string
}

/** What the disk still knows. A broken part is absent here and named in `faults`. */
export interface Recollection {
  /** Exact signed bytes of the last revision that the kernel took. Whole, but to be parsed and judged like any other. */
  readonly lastGood: { readonly revision: number; readonly bytes: Uint8Array } | undefined
  /** The highest revision ever trusted. Kept apart from the bytes and from the TUF store, so that neither's loss lets an older list in. */
  readonly trusted: RevisionSummary | undefined
  /** Fingerprint of the config that the revision was applied with; another one means that it must be applied again. */
  readonly shape: string | undefined
  readonly faults: readonly MemoryFault[]
}

/**
 * What the agent keeps over a restart. One contract suite (`test/contracts/last-good.contract.ts`) holds the files and the fake to these promises.
 */
export interface LastGoodMemory {
  /** Reads what was remembered; never throws, never gives half a list. */
  recall(): Promise<Recollection>
  /**
   * Remembers a revision that the kernel took. After a throw the memory holds
   * what it held before, or already the new bytes, which carry their own number.
   * @throws MemoryError STATE_UNWRITABLE
   */
  remember(summary: RevisionSummary, bytes: Uint8Array, shape: string): Promise<void>
}
