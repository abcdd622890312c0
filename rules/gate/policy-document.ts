import { type TSchema, Type } from 'typebox'
import { Value } from 'typebox/value'
import type { OptionTable } from '../config/option-table.ts'
import { parseConfig } from '../config/parse-config.ts'
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
    policy: objectOf(POLICY_OPTIONS),
  },
  closed,
)

/** Reads the YAML that central IT writes. What it does not name holds its default. @throws ConfigError with every fault by path, line and column */
export function parsePolicySource(text: string): GatePolicy {
  return parseConfig(POLICY_OPTIONS, text, checkPolicy)
}

/** The exact bytes of a document, ready to be signed. @throws GateError */
export function formatPolicy(document: PolicyDocument): Uint8Array {
  const bytes = Buffer.from(textOf(document))
  parsePolicy(bytes)
  return bytes
}

/** Reads what `formatPolicy` wrote and nothing else. @throws GateError */
export function parsePolicy(bytes: Uint8Array): PolicyDocument {
  if (bytes.length > MAX_POLICY_BYTES)
    throw new GateError('POLICY_TOO_LARGE', `Cannot take a policy of ${bytes.length} bytes: the limit is ${MAX_POLICY_BYTES}`)
  const text = Buffer.from(bytes).toString('utf8')
  const document = parseJson(text)
  if (!isDocument(document)) {
    const fault = Value.Errors(PolicyDocument, document)[0]
    throw new GateError('POLICY_FIELD', `Cannot read a policy: ${fault?.instancePath || '/'} ${fault?.message ?? 'is wrong'}`)
  }
  if (findInstantMs(document.publishedAt) === undefined)
    throw new GateError('POLICY_FIELD', `Cannot read a policy: publishedAt ${JSON.stringify(document.publishedAt)} is no instant`)
  const finding = checkPolicy(document.policy)[0]
  if (finding !== undefined) throw new GateError('POLICY_FIELD', `Cannot read a policy: ${finding.path} ${finding.message}`)
  if (textOf(document) !== text)
    throw new GateError('POLICY_NOT_CANONICAL', 'Cannot read a policy: it is not written in the canonical way')
  return document
}

function textOf(document: PolicyDocument): string {
  return `${JSON.stringify(inOrder(PolicyDocument, document))}\n`
}

function isDocument(value: unknown): value is PolicyDocument {
  return Value.Check(PolicyDocument, value)
}

/** The keys of each object in the order of its schema. */
function inOrder(schema: TSchema, value: unknown): unknown {
  const { properties, items } = schema as { properties?: Readonly<Record<string, TSchema>>; items?: TSchema }
  if (Array.isArray(value)) return value.map((item) => (items === undefined ? item : inOrder(items, item)))
  if (properties === undefined || typeof value !== 'object' || value === null) return value
  const fields = value as Readonly<Record<string, unknown>>
  const known = Object.entries(properties).filter(([name]) => fields[name] !== undefined)
  return Object.fromEntries(known.map(([name, inner]) => [name, inOrder(inner, fields[name])]))
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

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new GateError('POLICY_FIELD', 'Cannot read a policy: it is not JSON', { cause })
  }
}
