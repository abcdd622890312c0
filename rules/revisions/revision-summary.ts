import { type Static, Type } from 'typebox'
import { countOf } from '../addresses/block-set-lines.ts'
import type { AllowDocument } from './allow-document.ts'

/** What must be remembered of a trusted revision to judge the next one; plain JSON, kept beside the signed bytes. */
export const RevisionSummary = Type.Object(
  {
    revision: Type.Integer({ minimum: 0 }),
    digest: Type.String({ pattern: '^[0-9a-f]{64}$', description: 'SHA-256 of the approved blocks after aggregation' }),
    mode: Type.Union([Type.Literal('observe'), Type.Literal('enforce')]),
    enforceFrom: Type.Union([Type.String(), Type.Null()]),
    blocks: Type.Integer({ minimum: 0, description: 'hosts and prefixes after aggregation' }),
    entries: Type.Integer({ minimum: 0, description: 'entry lines, as approved' }),
    provinces: Type.Record(Type.String({ pattern: '^[0-9]{2}$' }), Type.Integer({ minimum: 1 }), {
      description: 'entries of each managing province',
    }),
  },
  { additionalProperties: false },
)
export type RevisionSummary = Static<typeof RevisionSummary>

/** The summary of a parsed document. */
export function summaryOf(document: AllowDocument): RevisionSummary {
  const { revision, digest, mode, enforceFrom, entries } = document.header
  return {
    revision,
    digest,
    mode,
    enforceFrom,
    blocks: countOf(document.approved),
    entries,
    provinces: Object.fromEntries(document.provinces),
  }
}
