import type { AllowHeader, ShrinkConfirmation } from '../../rules/revisions/allow-document.ts'
import { judgeRevision, type RevisionLimits } from '../../rules/revisions/judge-revision.ts'
import { parseAllowDocument } from '../../rules/revisions/parse-allow-document.ts'
import { RevisionError } from '../../rules/revisions/revision-error.ts'
import type { RevisionSummary } from '../../rules/revisions/revision-summary.ts'
import type { InForce } from '../firewall/firewall.ts'
import { TrustError } from '../trust/trust-error.ts'
import { type HeldRevision, sha256Of } from './held-revision.ts'

/** What a revision is judged against. The kernel's word, which nobody signed, counts where it knows of a newer revision than a memory that could not be written. */
export interface TrustedBefore {
  readonly summary: RevisionSummary | undefined
  readonly inForce: InForce | undefined
}

export interface VerifiedRevision extends HeldRevision {
  /** Why it may shrink past the limits, where it does. */
  readonly confirmation: ShrinkConfirmation | undefined
}

/**
 * Judges bytes that TUF let through: our own grammar, digest and limits, and nothing older than what was trusted once.
 * @throws RevisionError with the code of the refusal; TrustError TARGET_MISMATCH
 */
export function verifyRevision(
  named: number,
  bytes: Uint8Array,
  before: TrustedBefore,
  limits: RevisionLimits,
): VerifiedRevision {
  const document = parseAllowDocument(bytes)
  const { revision } = document.header
  if (revision !== named)
    throw new TrustError('TARGET_MISMATCH', `Cannot take revision ${named}: its document says that it is revision ${revision}`)
  if ((before.inForce?.revision ?? 0) > (before.summary?.revision ?? 0)) refuseOlder(document.header, before.inForce)
  const verdict = judgeRevision(before.summary, document, limits)
  if (verdict.kind === 'refuse') throw new RevisionError(verdict.code, 0, verdict.words)
  return {
    document,
    bytes,
    summary: verdict.summary,
    sha256: sha256Of(bytes),
    confirmation: verdict.kind === 'take' ? verdict.confirmation : undefined,
  }
}

/** @throws RevisionError where the kernel holds a newer revision, or another one of the same number */
function refuseOlder(header: AllowHeader, inForce: InForce | undefined): void {
  const { revision, digest } = header
  if (inForce === undefined || revision > inForce.revision) return
  if (revision < inForce.revision)
    throw new RevisionError(
      'REVISION_OLDER',
      0,
      `Cannot take revision ${revision}: the kernel holds revision ${inForce.revision}`,
    )
  if (digest !== inForce.digest)
    throw new RevisionError(
      'REVISION_REWRITTEN',
      0,
      `Cannot take revision ${revision}: the kernel holds another list under this number, digest ${inForce.digest}`,
    )
}
