import { parseAllowDocument } from '../../rules/revisions/parse-allow-document.ts'
import { type RevisionSummary, summaryOf } from '../../rules/revisions/revision-summary.ts'
import type { MemoryFault, Recollection } from '../memory/last-good.ts'
import { faultOf } from '../status/fault.ts'
import { type HeldRevision, sha256Of } from './held-revision.ts'

/** What the memory is good for. */
export interface Recalled {
  /** The last good revision, parsed and judged again; `undefined` where it cannot or must not be used. */
  readonly revision: HeldRevision | undefined
  /** The highest revision ever trusted, as far as the memory knows. */
  readonly floor: RevisionSummary | undefined
  readonly faults: readonly MemoryFault[]
}

/** Judges what the disk gave back: whole bytes can still be no document, and a document can be older than what was trusted. */
export function recallRevision(recollection: Recollection): Recalled {
  const { lastGood, trusted, faults } = recollection
  if (lastGood === undefined) return { revision: undefined, floor: trusted, faults }
  let revision: HeldRevision
  try {
    const document = parseAllowDocument(lastGood.bytes)
    revision = { document, summary: summaryOf(document), bytes: lastGood.bytes, sha256: sha256Of(lastGood.bytes) }
  } catch (error) {
    const message = `Cannot use the remembered list: ${faultOf(error).message}`
    return { revision: undefined, floor: trusted, faults: [...faults, { code: 'LAST_GOOD_BROKEN', message }] }
  }
  const { summary } = revision
  if (trusted === undefined || trusted.revision <= summary.revision) return { revision, floor: summary, faults }
  const message = `Cannot use the remembered list: it is revision ${summary.revision}, and revision ${trusted.revision} was trusted already`
  return { revision: undefined, floor: trusted, faults: [...faults, { code: 'LAST_GOOD_OLDER', message }] }
}
