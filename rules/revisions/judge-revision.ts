import { coverageOf } from '../addresses/block-set-coverage.ts'
import { successorOf } from '../provinces/province-names.ts'
import type { AllowDocument, ShrinkConfirmation } from './allow-document.ts'
import type { RevisionErrorCode } from './revision-error.ts'
import { type RevisionSummary, summaryOf } from './revision-summary.ts'

/** How far a revision may go without, and at all. Set at the edge, not in the signed list. */
export interface RevisionLimits {
  /** Share of entries, and of aggregated blocks, that may go at once, 0–1. */
  readonly maxShrinkShare: number
  /** The widest prefixes a list may hold. */
  readonly minLength4: number
  readonly minLength6: number
  /** Addresses of IPv4 opened in all. */
  readonly maxAddresses4: number
  /** Networks of IPv6 opened in all, counted as /48. */
  readonly maxNetworks6: number
}

/** A tenth may go. All of Viet Nam's IPv4 is about 2^24 addresses; 2^20 /48 are ten for each of 100,000 units. */
export const DEFAULT_REVISION_LIMITS: RevisionLimits = {
  maxShrinkShare: 0.1,
  minLength4: 16,
  minLength6: 32,
  maxAddresses4: 2 ** 24,
  maxNetworks6: 2 ** 20,
}

/** `take`: it may be enforced. `same`: it is the revision already trusted. `refuse`: nothing may change. */
export type RevisionVerdict =
  | { readonly kind: 'take'; readonly summary: RevisionSummary; readonly confirmation: ShrinkConfirmation | undefined }
  | { readonly kind: 'same'; readonly summary: RevisionSummary }
  | { readonly kind: 'refuse'; readonly code: RevisionErrorCode; readonly words: string }

/**
 * Judges a parsed revision against the one trusted before, `undefined` where there was none. A signature says who published it; this says whether it
 * can be meant: never older, never another content under the same number, never open to all; and never empty, much smaller or without a whole province
 * unless the header says why and names two different people. What was confirmed comes back with the verdict, to be reported.
 */
export function judgeRevision(
  previous: RevisionSummary | undefined,
  next: AllowDocument,
  limits: RevisionLimits,
): RevisionVerdict {
  const summary = summaryOf(next)
  const stale = findStale(previous, summary)
  if (stale !== undefined) return stale
  const wide = findAllCovering(next, limits)
  if (wide !== undefined) return wide
  const loss = findLoss(previous, summary, limits)
  if (loss === undefined) return { kind: 'take', summary, confirmation: undefined }
  const confirmation = next.header.shrink
  if (confirmation !== null && isConfirmed(confirmation)) return { kind: 'take', summary, confirmation }
  const state =
    confirmation === null ? 'no second person confirmed it' : 'its confirmation does not name a reason and two different people'
  return refuse(loss.code, `Cannot take revision ${summary.revision}: ${loss.words}, and ${state}`)
}

/** True where a reason is given and the two people are two, however their names are written. */
export function isConfirmed(confirmation: ShrinkConfirmation): boolean {
  const requestedBy = personKey(confirmation.requestedBy)
  const approvedBy = personKey(confirmation.approvedBy)
  return confirmation.reason.trim() !== '' && requestedBy !== '' && approvedBy !== '' && requestedBy !== approvedBy
}

function personKey(name: string): string {
  return name.normalize('NFKC').trim().replace(/\s+/g, ' ').toLowerCase()
}

function findStale(previous: RevisionSummary | undefined, next: RevisionSummary): RevisionVerdict | undefined {
  if (previous === undefined || next.revision > previous.revision) return undefined
  if (next.revision < previous.revision)
    return refuse('REVISION_OLDER', `Cannot take revision ${next.revision}: revision ${previous.revision} was trusted already`)
  const isSame =
    next.digest === previous.digest &&
    next.mode === previous.mode &&
    next.enforceFrom === previous.enforceFrom &&
    next.entries === previous.entries &&
    JSON.stringify(sortedPairs(next.provinces)) === JSON.stringify(sortedPairs(previous.provinces))
  if (isSame) return { kind: 'same', summary: next }
  return refuse(
    'REVISION_REWRITTEN',
    `Cannot take revision ${next.revision}: another content was trusted under this number, digest ${previous.digest}`,
  )
}

function sortedPairs(counts: Readonly<Record<string, number>>): [string, number][] {
  return Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1))
}

function findAllCovering(next: AllowDocument, limits: RevisionLimits): RevisionVerdict | undefined {
  const { addresses4, networks6, minLength4, minLength6 } = coverageOf(next.approved)
  const because = (words: string): RevisionVerdict =>
    refuse('LIST_ALL_COVERING', `Cannot take revision ${next.header.revision}: ${words}`)
  if (minLength4 < limits.minLength4) return because(`it opens a /${minLength4} of IPv4, the limit is /${limits.minLength4}`)
  if (minLength6 < limits.minLength6) return because(`it opens a /${minLength6} of IPv6, the limit is /${limits.minLength6}`)
  if (addresses4 > limits.maxAddresses4)
    return because(`it opens ${addresses4} addresses of IPv4, the limit is ${limits.maxAddresses4}`)
  if (networks6 > limits.maxNetworks6)
    return because(`it opens ${networks6} /48 networks of IPv6, the limit is ${limits.maxNetworks6}`)
  return undefined
}

function findLoss(
  previous: RevisionSummary | undefined,
  next: RevisionSummary,
  limits: RevisionLimits,
): { readonly code: RevisionErrorCode; readonly words: string } | undefined {
  if (next.blocks === 0) return { code: 'LIST_EMPTY', words: 'it approves nothing' }
  if (previous === undefined) return undefined
  const lost = Object.keys(previous.provinces).filter((province) => isLost(province, previous, next, limits))
  if (lost.length > 0)
    return { code: 'PROVINCE_LOST', words: `it has no entry of province code ${lost.sort().join(', ')} any more` }
  for (const [what, before, after] of [
    ['entries', previous.entries, next.entries],
    ['blocks', previous.blocks, next.blocks],
  ] as const) {
    const gone = before - after
    if (gone > before * limits.maxShrinkShare)
      return {
        code: 'LIST_SHRINKS',
        words: `${gone} of ${before} ${what} would go, the limit is ${Math.floor(before * limits.maxShrinkShare)}`,
      }
  }
  return undefined
}

/** A province that was merged is not lost while its entries are found under the successor. */
function isLost(province: string, previous: RevisionSummary, next: RevisionSummary, limits: RevisionLimits): boolean {
  if ((next.provinces[province] ?? 0) > 0) return false
  const successor = successorOf(province)
  if (successor === undefined || successor === province) return true
  const before = Object.entries(previous.provinces).reduce(
    (sum, [code, count]) => (successorOf(code) === successor ? sum + count : sum),
    0,
  )
  return (next.provinces[successor] ?? 0) < before * (1 - limits.maxShrinkShare)
}

function refuse(code: RevisionErrorCode, words: string): RevisionVerdict {
  return { kind: 'refuse', code, words }
}
