import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import { schemaFaults } from '../config/schema-faults.ts'
import { faultWords } from '../documents/fault-words.ts'
import { findInstantMs } from '../time/find-instant.ts'
import type { AllowHeader } from './allow-document.ts'
import { RevisionError } from './revision-error.ts'

const person = Type.String({ minLength: 1, maxLength: 200 })

/** The header's shape; unknown fields are faults. */
export const AllowHeaderSchema = Type.Object(
  {
    format: Type.Literal('edgeward-allow/1'),
    revision: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
    publishedAt: Type.String({ maxLength: 35 }),
    mode: Type.Union([Type.Literal('observe'), Type.Literal('enforce')]),
    enforceFrom: Type.Union([Type.String({ maxLength: 35 }), Type.Null()]),
    entries: Type.Integer({ minimum: 0, maximum: 100_000_000 }),
    digest: Type.String({ pattern: '^[0-9a-f]{64}$' }),
    shrink: Type.Union([
      Type.Object(
        { reason: Type.String({ minLength: 1, maxLength: 2000 }), requestedBy: person, approvedBy: person },
        { additionalProperties: false },
      ),
      Type.Null(),
    ]),
  },
  { additionalProperties: false },
)

/** Reads the first line of an allow document. @throws RevisionError HEADER_NOT_JSON, HEADER_FIELD, HEADER_DATE, HEADER_NOT_CANONICAL */
export function parseAllowHeader(line: string): AllowHeader {
  const header: unknown = parseJson(line)
  if (!Value.Check(AllowHeaderSchema, header))
    throw new RevisionError('HEADER_FIELD', 1, `Cannot read the header: ${faultWords(schemaFaults(AllowHeaderSchema, header))}`)
  checkDates(header)
  // One way to write it, so that equal headers are equal bytes and no key hides behind a second one of its name.
  if (formatAllowHeader(header) !== line)
    throw new RevisionError('HEADER_NOT_CANONICAL', 1, 'Cannot read the header: it is not written in the canonical way')
  return header
}

/** The header as its one line, without line feed. @throws RevisionError HEADER_FIELD, HEADER_DATE */
export function formatAllowHeader(header: AllowHeader): string {
  const { format, revision, publishedAt, mode, enforceFrom, entries, digest, shrink } = header
  const shrinkFields =
    shrink === null ? null : { reason: shrink.reason, requestedBy: shrink.requestedBy, approvedBy: shrink.approvedBy }
  return JSON.stringify({ format, revision, publishedAt, mode, enforceFrom, entries, digest, shrink: shrinkFields })
}

function checkDates(header: Static<typeof AllowHeaderSchema>): void {
  for (const [name, date] of [
    ['publishedAt', header.publishedAt],
    ['enforceFrom', header.enforceFrom],
  ] as const) {
    if (date !== null && findInstantMs(date) === undefined)
      throw new RevisionError(
        'HEADER_DATE',
        1,
        `Cannot read the header: ${name} ${JSON.stringify(date)} is not an ISO 8601 instant with offset`,
      )
  }
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch (cause) {
    throw new RevisionError('HEADER_NOT_JSON', 1, 'Cannot read the header: it is not JSON', { cause })
  }
}
