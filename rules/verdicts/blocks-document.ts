import { type Static, Type } from 'typebox'
import { RULE_NAMES, type RuleName } from '../detect/rule-names.ts'
import { byToken } from '../documents/by-token.ts'
import { signedDocument } from '../documents/signed-document.ts'
import { findInstantMs } from '../time/find-instant.ts'
import { BlocksError } from './blocks-error.ts'

/** Larger ones are refused unread: the most verdicts there may be, each in its longest form, stay below. */
export const MAX_BLOCKS_BYTES = 8 * 1_048_576
export const MAX_VERDICTS = 5_000
/** No verdict over all edges holds longer than this without being signed again. */
export const MAX_VERDICT_MS = 26 * 3_600_000

const closed = { additionalProperties: false } as const
const instant = Type.String({ maxLength: 24, pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,12}Z$' })
const count = Type.Integer({ minimum: 0, maximum: 2 ** 40 })

/** One account that all edges together say harvests. */
export const FleetVerdict = Type.Object(
  {
    token: Type.String({
      pattern: '^[a-p]{16}$',
      description: 'the account as edges send it: only who holds their key can tell whose it is',
    }),
    facility: Type.Union([Type.String({ pattern: '^[0-9]{5}$' }), Type.Null()]),
    rule: Type.Unsafe<RuleName>(Type.Union(RULE_NAMES.map((name) => Type.Literal(name)))),
    action: Type.Union([Type.Literal('throttle'), Type.Literal('suspend')]),
    at: instant,
    until: Type.String({ ...instant, description: 'when it ends by itself' }),
    requests: count,
    subjects: count,
    edges: Type.Integer({ minimum: 1, maximum: 10_000, description: 'edges at which the account was seen' }),
    evidence: Type.Object({ vi: Type.String({ maxLength: 600 }), en: Type.String({ maxLength: 600 }) }, closed),
  },
  closed,
)
export type FleetVerdict = Static<typeof FleetVerdict>

/** The verdicts over all edges: TUF target `blocks/<version>.json`, its bytes exactly what `formatBlocks` writes. */
export const BlocksDocument = Type.Object(
  {
    format: Type.Literal('edgeward-blocks/1'),
    version: Type.Integer({
      minimum: 1,
      maximum: 999_999_999_999_999,
      description: 'grows with each document; an older one is never taken again',
    }),
    publishedAt: instant,
    expiresAt: Type.String({ ...instant, description: 'nothing in it holds longer' }),
    verdicts: Type.Array(FleetVerdict, { maxItems: MAX_VERDICTS, description: 'in order of their tokens, each once' }),
  },
  closed,
)
export type BlocksDocument = Static<typeof BlocksDocument>

const BLOCKS = signedDocument(
  {
    what: 'a blocks document',
    schema: BlocksDocument,
    arrange: (document) => ({ ...document, verdicts: byToken(document.verdicts) }),
    check: checkTimes,
    fail: (fault, message, options) => new BlocksError(`BLOCKS_${fault}`, message, options),
  },
  MAX_BLOCKS_BYTES,
)

/** The exact bytes of a document, ready to be signed. @throws BlocksError */
export function formatBlocks(document: BlocksDocument): Uint8Array {
  return BLOCKS.format(document)
}

/** Reads what `formatBlocks` wrote and nothing else. @throws BlocksError */
export function parseBlocks(bytes: Uint8Array): BlocksDocument {
  return BLOCKS.parse(bytes)
}

function checkTimes({ publishedAt, expiresAt, verdicts }: BlocksDocument): void {
  const publishedMs = instantMs(publishedAt)
  const expiresMs = instantMs(expiresAt)
  for (const { token, at, until } of verdicts) {
    instantMs(at)
    if (instantMs(until) > Math.min(publishedMs + MAX_VERDICT_MS, expiresMs))
      throw new BlocksError(
        'BLOCKS_TIME',
        `Cannot take the verdict on ${token}: it ends at ${until}, too long after ${publishedAt}`,
      )
  }
}

function instantMs(text: string): number {
  const ms = findInstantMs(text)
  if (ms !== undefined) return ms
  throw new BlocksError('BLOCKS_TIME', `Cannot read a blocks document: ${JSON.stringify(text)} is no instant`)
}
