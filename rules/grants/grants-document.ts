import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import { findInstantMs } from '../time/find-instant.ts'
import { GRANT_IDLE_MS, type Grant, MAX_GRANT_MS } from './grant-life.ts'
import { GrantsError } from './grants-error.ts'

/** Larger ones are refused unread: the most grants there may be stay below. */
export const MAX_GRANTS_BYTES = 4 * 1_048_576
export const MAX_GRANTS = 20_000

const closed = { additionalProperties: false } as const
const instant = Type.String({ maxLength: 24, pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,12}Z$' })

/** One account that may look up histories. An entry stays until its hard end: which edge saw the last use, only the edges know. */
export const GrantEntry = Type.Object(
  {
    token: Type.String({ pattern: '^[a-p]{16}$', description: 'the account under the gate key' }),
    grantedAt: instant,
    usedAt: Type.String({ ...instant, description: 'the last look-up that central knows of, through any edge' }),
    idleEndsAt: Type.String({ ...instant, description: '30 minutes after usedAt; a look-up before it renews it' }),
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
    grants: Type.Array(GrantEntry, { maxItems: MAX_GRANTS, description: 'in order of their tokens, each once' }),
  },
  closed,
)
export type GrantsDocument = Static<typeof GrantsDocument>

/** How a grant stands in a document. */
export function grantEntryOf({ token, grantedAtMs, usedAtMs, endsAtMs }: Grant): GrantEntry {
  return {
    token,
    grantedAt: new Date(grantedAtMs).toISOString(),
    usedAt: new Date(usedAtMs).toISOString(),
    idleEndsAt: new Date(usedAtMs + GRANT_IDLE_MS).toISOString(),
    endsAt: new Date(endsAtMs).toISOString(),
  }
}

/** The grant that an entry of a parsed document holds. */
export function grantOf({ token, grantedAt, usedAt, endsAt }: GrantEntry): Grant {
  return { token, grantedAtMs: instantMs(grantedAt), usedAtMs: instantMs(usedAt), endsAtMs: instantMs(endsAt) }
}

/** The document of `version` that holds these grants. A clock that was set back does not make it one that nobody takes. */
export function grantsDocument(version: number, nowMs: number, grants: readonly Grant[]): GrantsDocument {
  const publishedMs = grants.reduce((latest, { usedAtMs }) => Math.max(latest, usedAtMs), nowMs)
  const expiresMs = grants.reduce((latest, { endsAtMs }) => Math.max(latest, endsAtMs), publishedMs)
  return {
    format: 'edgeward-grants/1',
    version,
    publishedAt: new Date(publishedMs).toISOString(),
    expiresAt: new Date(expiresMs).toISOString(),
    grants: grants.map(grantEntryOf),
  }
}

/** The exact bytes of a document, ready to be signed. @throws GrantsError */
export function formatGrants(document: GrantsDocument): Uint8Array {
  const bytes = Buffer.from(`${JSON.stringify(inOrder(document))}\n`)
  parseGrants(bytes)
  return bytes
}

/** Reads what `formatGrants` wrote and nothing else. @throws GrantsError */
export function parseGrants(bytes: Uint8Array): GrantsDocument {
  if (bytes.length > MAX_GRANTS_BYTES)
    throw new GrantsError(
      'GRANTS_TOO_LARGE',
      `Cannot take a grants document of ${bytes.length} bytes: the limit is ${MAX_GRANTS_BYTES}`,
    )
  const text = Buffer.from(bytes).toString('utf8')
  const document = parseJson(text)
  if (!Value.Check(GrantsDocument, document)) {
    const fault = Value.Errors(GrantsDocument, document)[0]
    throw new GrantsError(
      'GRANTS_FIELD',
      `Cannot read a grants document: ${fault?.instancePath || '/'} ${fault?.message ?? 'is wrong'}`,
    )
  }
  checkTimes(document)
  if (`${JSON.stringify(inOrder(document))}\n` !== text)
    throw new GrantsError('GRANTS_NOT_CANONICAL', 'Cannot read a grants document: it is not written in the canonical way')
  return document
}

function inOrder({ format, version, publishedAt, expiresAt, grants }: GrantsDocument): GrantsDocument {
  const byToken = new Map(grants.map((grant) => [grant.token, grant]))
  const sorted = [...byToken.values()].sort((one, other) => (one.token < other.token ? -1 : 1)).map(entryInOrder)
  return { format, version, publishedAt, expiresAt, grants: sorted }
}

function entryInOrder({ token, grantedAt, usedAt, idleEndsAt, endsAt }: GrantEntry): GrantEntry {
  return { token, grantedAt, usedAt, idleEndsAt, endsAt }
}

function checkTimes({ publishedAt, expiresAt, grants }: GrantsDocument): void {
  const publishedMs = instantMs(publishedAt)
  const expiresMs = instantMs(expiresAt)
  for (const entry of grants) {
    const { grantedAtMs, usedAtMs, endsAtMs } = grantOf(entry)
    const fits =
      grantedAtMs <= usedAtMs &&
      usedAtMs < endsAtMs &&
      usedAtMs <= publishedMs &&
      instantMs(entry.idleEndsAt) === usedAtMs + GRANT_IDLE_MS &&
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

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new GrantsError('GRANTS_FIELD', 'Cannot read a grants document: it is not JSON', { cause })
  }
}
