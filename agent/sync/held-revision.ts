import { createHash } from 'node:crypto'
import type { AllowDocument } from '../../rules/revisions/allow-document.ts'
import type { RevisionSummary } from '../../rules/revisions/revision-summary.ts'

/** A verified revision that the agent holds in memory. */
export interface HeldRevision {
  readonly summary: RevisionSummary
  readonly document: AllowDocument
  /** Exact signed bytes; the document reads its owners from them. */
  readonly bytes: Uint8Array
  /** SHA-256 (hex) of the bytes. */
  readonly sha256: string
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
