import { type TSchema, Type } from 'typebox'
import type { OptionTable } from '../config/option-table.ts'
import { parseConfig } from '../config/parse-config.ts'
import { faultWords } from '../documents/fault-words.ts'
import { signedDocument } from '../documents/signed-document.ts'
import { findInstantMs } from '../time/find-instant.ts'
import { checkPolicy } from './check-policy.ts'
import { GateError } from './gate-error.ts'
import { type GatePolicy, POLICY_OPTIONS } from './policy-options.ts'

/** Larger ones are refused unread: ten thousand exemptions in their longest form stay below. */
export const MAX_POLICY_BYTES = 8 * 1_048_576

const closed = { additionalProperties: false } as const

/** The account policy as central signs it: TUF target `policy/<version>.json`, its bytes exactly what `formatPolicy` writes. */
export interface PolicyDocument {
  readonly format: 'edgeward-policy/1'
  /** Grows with each document; an older one is never taken again. */
  readonly version: number
  /** ISO 8601, UTC. */
  readonly publishedAt: string
  readonly policy: GatePolicy
}

const PolicyDocument = Type.Object(
  {
    format: Type.Literal('edgeward-policy/1'),
    version: Type.Integer({ minimum: 1, maximum: 999_999_999_999_999 }),
    publishedAt: Type.String({ maxLength: 24, pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,12}Z$' }),
    policy: Type.Unsafe<GatePolicy>(objectOf(POLICY_OPTIONS)),
  },
  closed,
)

/** Reads the YAML that central IT writes. What it does not name holds its default. @throws ConfigError with every fault by path, line and column */
export function parsePolicySource(text: string): GatePolicy {
  return parseConfig(POLICY_OPTIONS, text, checkPolicy)
}

const POLICY = signedDocument<typeof PolicyDocument>(
  {
    what: 'a policy',
    schema: PolicyDocument,
    check({ publishedAt, policy }) {
      const isInstant = findInstantMs(publishedAt) !== undefined
      const noInstant = { path: 'publishedAt', message: `${JSON.stringify(publishedAt)} is no instant` }
      const findings = [...(isInstant ? [] : [noInstant]), ...checkPolicy(policy)]
      if (findings.length > 0) throw new GateError('POLICY_FIELD', `Cannot read a policy: ${faultWords(findings)}`)
    },
    fail: (fault, message, options) => new GateError(`POLICY_${fault}`, message, options),
  },
  MAX_POLICY_BYTES,
)

/** The exact bytes of a document, ready to be signed. @throws GateError */
export function formatPolicy(document: PolicyDocument): Uint8Array {
  return POLICY.format(document)
}

/** Reads what `formatPolicy` wrote and nothing else. @throws GateError */
export function parsePolicy(bytes: Uint8Array): PolicyDocument {
  return POLICY.parse(bytes)
}

/** The schema of a whole config that a table of dotted paths describes: every option is there, nothing else is. */
function objectOf(table: OptionTable): TSchema {
  const groups = new Map<string, Record<string, OptionTable[string]>>()
  const properties: Record<string, TSchema> = {}
  for (const [path, known] of Object.entries(table)) {
    const [head = '', ...rest] = path.split('.')
    if (rest.length === 0) {
      properties[head] = known.schema
      continue
    }
    const group = groups.get(head) ?? {}
    group[rest.join('.')] = known
    groups.set(head, group)
    properties[head] ??= Type.Never()
  }
  for (const [head, group] of groups) properties[head] = objectOf(group)
  return Type.Object(properties, closed)
}
