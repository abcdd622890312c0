import type { AllowEntry, AllowHeader, ShrinkConfirmation } from '../../rules/revisions/allow-document.ts'
import { formatAllowDocument } from '../../rules/revisions/format-allow-document.ts'
import { judgeRevision, type RevisionLimits } from '../../rules/revisions/judge-revision.ts'
import { parseAllowDocument } from '../../rules/revisions/parse-allow-document.ts'
import type { RevisionErrorCode } from '../../rules/revisions/revision-error.ts'
import { summaryOf } from '../../rules/revisions/revision-summary.ts'
import { ControlError } from '../http/control-error.ts'
import { bodyOf, differenceOfDocuments } from './document-lines.ts'
import type { PublishOrder } from './publisher.ts'

/** A list ready to be signed. */
export interface PreparedRevision {
  readonly header: AllowHeader
  readonly document: Buffer
  readonly added: number
  readonly removed: number
  /** Id of the second person's approval that it used. */
  readonly shrinkApproval: string | undefined
}

/** Figures of a list that shrinks: what a second person approves. */
export interface ShrinkFigures {
  readonly digest: string
  readonly entries: number
  readonly removed: number
}

export interface PreparationParts {
  readonly revision: number
  readonly publishedAtMs: number
  readonly entries: readonly AllowEntry[]
  /** The newest document that edges trust, byte for byte. */
  readonly previous: Buffer | undefined
  readonly limits: RevisionLimits
  /** A second person's approval of exactly these figures, if there is one. */
  findConfirmation(figures: ShrinkFigures): { readonly id: string; readonly confirmation: ShrinkConfirmation } | undefined
}

/** What the edges themselves would refuse without a confirmation. */
const NEEDS_CONFIRMATION: ReadonlySet<RevisionErrorCode> = new Set(['LIST_EMPTY', 'LIST_SHRINKS', 'PROVINCE_LOST'])

/**
 * Writes the next revision and judges it as every edge will. `undefined` where it would say nothing new.
 * @throws ControlError SHRINK_NEEDS_SECOND_APPROVAL with the figures, REVISION_REFUSED
 */
export function prepareRevision(order: PublishOrder, parts: PreparationParts): PreparedRevision | undefined {
  const { previous } = parts
  const before = previous === undefined ? undefined : parseAllowDocument(previous)
  const mode = order.mode ?? before?.header.mode ?? 'observe'
  const enforceFrom = order.enforceFrom === undefined ? (before?.header.enforceFrom ?? null) : order.enforceFrom
  const { revision, entries } = parts
  const publishedAt = new Date(parts.publishedAtMs).toISOString()
  const write = (shrink: ShrinkConfirmation | null): Buffer =>
    Buffer.from(formatAllowDocument({ revision, publishedAt, mode, enforceFrom, shrink, entries }))

  const plain = write(null)
  const isSame = previous !== undefined && before?.header.mode === mode && before.header.enforceFrom === enforceFrom
  if (isSame && order.force !== true && bodyOf(plain).equals(bodyOf(previous))) return undefined

  const { added, removed } = differenceOfDocuments(previous, plain)
  const summary = before === undefined ? undefined : summaryOf(before)
  const judge = (document: Buffer) => judgeRevision(summary, parseAllowDocument(document), parts.limits)
  const { header } = parseAllowDocument(plain)
  const figures = { digest: header.digest, entries: header.entries, removed: removed.length }
  const verdict = judge(plain)
  const counts = { added: added.length, removed: removed.length }
  if (verdict.kind !== 'refuse') return { header, document: plain, ...counts, shrinkApproval: undefined }
  if (!NEEDS_CONFIRMATION.has(verdict.code))
    throw new ControlError('REVISION_REFUSED', verdict.words, { facts: { rule: verdict.code, ...figures } })

  const approval = parts.findConfirmation(figures)
  if (approval === undefined) {
    throw new ControlError(
      'SHRINK_NEEDS_SECOND_APPROVAL',
      `${verdict.words}. Another person must approve exactly these figures first.`,
      {
        vi: 'Danh sách sẽ giảm quá giới hạn; phải có người thứ hai xác nhận đúng các con số này trước.',
        facts: { rule: verdict.code, entriesBefore: summary?.entries ?? 0, added: added.length, ...figures },
      },
    )
  }
  const confirmed = write(approval.confirmation)
  const second = judge(confirmed)
  if (second.kind === 'refuse')
    throw new ControlError('REVISION_REFUSED', second.words, { facts: { rule: second.code, ...figures } })
  return { header: { ...header, shrink: approval.confirmation }, document: confirmed, ...counts, shrinkApproval: approval.id }
}
