import { type Static, Type } from 'typebox'
import { byToken } from '../documents/by-token.ts'
import { signedDocument } from '../documents/signed-document.ts'
import { findInstantMs } from '../time/find-instant.ts'
import { GRANT_IDLE_MS, type Grant, type GrantTimes, IDLE_MINUTES, MAX_GRANT_MS } from './grant-life.ts'
import { GrantsError } from './grants-error.ts'

/** Larger ones are refused unread: the most grants there may be stay below. */
export const MAX_GRANTS_BYTES = 4 * 1_048_576
export const MAX_GRANTS = 20_000

const MINUTE_MS = 60_000
const closed = { additionalProperties: false } as const
const instant = Type.String({ maxLength: 24, pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,12}Z$' })

/** One account that may look up histories. An entry stays until its hard end: which edge saw the last use, only the edges know. */
export const GrantEntry = Type.Object(
  {
    token: Type.String({ pattern: '^[a-p]{16}$', description: 'the account under the gate key' }),
    grantedAt: instant,
    usedAt: Type.String({ ...instant, description: 'the last look-up that central knows of, through any edge' }),
    idleEndsAt: Type.String({ ...instant, description: 'idleMinutes after usedAt; a look-up before it renews it' }),
    endsAt: Type.String({ ...instant, description: 'hard end' }),
  },
  closed,
)
export type GrantEntry = Static<typeof GrantEntry>

/** The grants that verified codes gave: TUF target `grants/<version>.json`, its bytes exactly what `formatGrants` writes. */
export const GrantsDocument = Type.Object(
  {
    format: Type.Literal('edgeward-grants/1'),
    version: Type.Integer({
      minimum: 1,
      maximum: 999_999_999_999_999,
      description: 'grows with each document; an older one is never taken again',
    }),
    publishedAt: instant,
    expiresAt: Type.String({ ...instant, description: 'nothing in it holds longer' }),
    idleMinutes: Type.Integer({ ...IDLE_MINUTES, description: 'without a look-up for so long a grant lapses' }),
    grants: Type.Array(GrantEntry, { maxItems: MAX_GRANTS, description: 'in order of their tokens, each once' }),
  },
  closed,
)
export type GrantsDocument = Static<typeof GrantsDocument>

/** How a grant stands in a document. */
export function grantEntryOf({ token, grantedAtMs, usedAtMs, endsAtMs }: GrantTimes, idleMs = GRANT_IDLE_MS): GrantEntry {
  return {
    token,
    grantedAt: new Date(grantedAtMs).toISOString(),
    usedAt: new Date(usedAtMs).toISOString(),
    idleEndsAt: new Date(usedAtMs + idleMs).toISOString(),
    endsAt: new Date(endsAtMs).toISOString(),
  }
}

/** The grant that an entry of a parsed document holds. */
export function grantOf(
  { token, grantedAt, usedAt, endsAt }: GrantEntry,
  { idleMinutes }: Pick<GrantsDocument, 'idleMinutes'>,
): Grant {
  const times = { grantedAtMs: instantMs(grantedAt), usedAtMs: instantMs(usedAt), endsAtMs: instantMs(endsAt) }
  return { token, ...times, idleMs: idleMinutes * MINUTE_MS }
}

/**
 * The document of `version` that holds these grants. A clock that was set back does not make it one that nobody takes.
 * @param idleMs whole minutes
 */
export function grantsDocument(
  version: number,
  nowMs: number,
  grants: readonly GrantTimes[],
  idleMs = GRANT_IDLE_MS,
): GrantsDocument {
  const publishedMs = grants.reduce((latest, { usedAtMs }) => Math.max(latest, usedAtMs), nowMs)
  const expiresMs = grants.reduce((latest, { endsAtMs }) => Math.max(latest, endsAtMs), publishedMs)
  return {
    format: 'edgeward-grants/1',
    version,
    publishedAt: new Date(publishedMs).toISOString(),
    expiresAt: new Date(expiresMs).toISOString(),
    idleMinutes: idleMs / MINUTE_MS,
    grants: grants.map((grant) => grantEntryOf(grant, idleMs)),
  }
}

const GRANTS = signedDocument(
  {
    what: 'a grants document',
    schema: GrantsDocument,
    arrange: (document) => ({ ...document, grants: byToken(document.grants) }),
    check: checkTimes,
    fail: (fault, message, options) => new GrantsError(`GRANTS_${fault}`, message, options),
  },
  MAX_GRANTS_BYTES,
)

/** The exact bytes of a document, ready to be signed. @throws GrantsError */
export function formatGrants(document: GrantsDocument): Uint8Array {
  return GRANTS.format(document)
}

/** Reads what `formatGrants` wrote and nothing else. @throws GrantsError */
export function parseGrants(bytes: Uint8Array): GrantsDocument {
  return GRANTS.parse(bytes)
}

function checkTimes({ publishedAt, expiresAt, idleMinutes, grants }: GrantsDocument): void {
  const publishedMs = instantMs(publishedAt)
  const expiresMs = instantMs(expiresAt)
  for (const entry of grants) {
    const { grantedAtMs, usedAtMs, endsAtMs } = grantOf(entry, { idleMinutes })
    const fits =
      grantedAtMs <= usedAtMs &&
      usedAtMs < endsAtMs &&
      usedAtMs <= publishedMs &&
      instantMs(entry.idleEndsAt) === usedAtMs + idleMinutes * MINUTE_MS &&
      endsAtMs <= Math.min(grantedAtMs + MAX_GRANT_MS, expiresMs)
    if (!fits)
      throw new GrantsError(
        'GRANTS_TIME',
        `Cannot take the grant of ${entry.token}: granted ${entry.grantedAt}, used ${entry.usedAt}, idle end ${entry.idleEndsAt}, end ${entry.endsAt} do not fit together in a document of ${publishedAt}`,
      )
  }
}

function instantMs(text: string): number {
  const ms = findInstantMs(text)
  if (ms !== undefined) return ms
  throw new GrantsError('GRANTS_TIME', `Cannot read a grants document: ${JSON.stringify(text)} is no instant`)
}
