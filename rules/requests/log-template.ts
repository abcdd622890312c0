import type { SpanName } from './line-spans.ts'
import { RequestError } from './request-error.ts'

/** How a template writes the time. */
export type TimeForm = 'clf' | 'iso' | 'epoch'

/** A log format of nginx's kind (`log_format`, `escape=default`), ready to be matched against lines. */
export interface LogTemplate {
  /** Matches a whole line, one character for each byte; group `n` is the value of `fields[n - 1]`. */
  readonly pattern: RegExp
  readonly fields: readonly TemplateField[]
  readonly timeForm: TimeForm
}

/** What a variable that counts gives: a field, the request line that holds the target, or the client software, which is read where somebody asks. */
export type TemplateField = SpanName | 'request' | 'userAgent'

interface Variable {
  readonly name: string
  /** First column of the `$`, from 1. */
  readonly column: number
}
type Part = Variable | { readonly literal: string; readonly column: number }

/** Variables that count, by what they hold. */
const FIELDS: Readonly<Record<string, TemplateField>> = {
  remote_addr: 'ip',
  remote_port: 'port',
  time_local: 'at',
  time_iso8601: 'at',
  msec: 'at',
  request: 'request',
  request_uri: 'uri',
  edgeward_uri: 'uri',
  status: 'status',
  http_user_agent: 'userAgent',
  edgeward_agent: 'userAgent',
  http_accesstoken: 'accessToken',
  http_authorization: 'authorization',
  account: 'account',
  facility: 'facility',
  subject: 'subject',
  subject_block: 'subjectBlock',
  result: 'result',
}
const TIME_FORMS: Readonly<Record<string, TimeForm>> = { time_local: 'clf', time_iso8601: 'iso', msec: 'epoch' }

/** Variables that nginx fills itself, and the only characters it puts there. What clients choose is none of them. */
const OWN: Readonly<Record<string, string>> = {
  remote_addr: '[0-9A-Fa-f.:]{2,45}',
  remote_port: '[0-9]{0,5}',
  time_local: '[0-9A-Za-z/:+-]{20} [0-9+-]{5}',
  time_iso8601: '[0-9T:+-]{25}',
  msec: '[0-9]{1,12}\\.[0-9]{3}',
  status: '[0-9]{3}',
  body_bytes_sent: '[0-9]{1,20}',
  bytes_sent: '[0-9]{1,20}',
  request_length: '[0-9]{1,20}',
  request_time: '[0-9]{1,10}\\.[0-9]{3}',
  connection: '[0-9]{1,20}',
  connection_requests: '[0-9]{1,20}',
  request_id: '[0-9a-f]{32}',
  request_method: '[A-Z_-]{0,64}',
  pid: '[0-9]{1,10}',
  pipe: '[.p]',
  scheme: 'https?',
  server_port: '[0-9]{1,5}',
}
/** What any other variable may hold: nginx writes `"` and `\` in values as `\x22` and `\x5C`. */
const FOREIGN = '[^"]*'
const NAMED = /\$(?:\{([a-z0-9_]+)\}|([a-z0-9_]+))/gi
const MAX_LENGTH = 4096

/**
 * Reads a template such as `$remote_addr [$time_local] "$request" $status`, and judges whether a client could make a line of it that says
 * something else: where a value that clients choose ends must be told by a `"`, which nginx never writes inside a value.
 * @throws RequestError BAD_TEMPLATE that names the column
 */
export function parseLogTemplate(text: string): LogTemplate {
  if (text.length > MAX_LENGTH) throw fault(MAX_LENGTH + 1, `it is longer than ${MAX_LENGTH} characters`)
  const control = /[^\x20-\x7e]/.exec(text)
  if (control !== null) throw fault(control.index + 1, 'only printable ASCII may stand in it')
  const parts = partsOf(text)
  const variables = parts.filter((part): part is Variable => 'name' in part)
  checkNeeds(variables, text.length)
  checkEnds(parts)
  const fields = variables.flatMap(({ name }) => fieldOf(name) ?? [])
  const pattern = parts.map((part) => ('literal' in part ? escapeLiteral(part.literal) : patternOf(part.name))).join('')
  const time = variables.find(({ name }) => fieldOf(name) === 'at')
  return { pattern: new RegExp(`^${pattern}$`, 's'), fields, timeForm: TIME_FORMS[time?.name ?? ''] ?? 'clf' }
}

function partsOf(text: string): Part[] {
  const parts: Part[] = []
  let end = 0
  const literal = (from: number, to: number): void => {
    const dollar = text.slice(from, to).indexOf('$')
    if (dollar >= 0) throw fault(from + dollar + 1, 'a name must follow the $, as in $status')
    if (to > from) parts.push({ literal: text.slice(from, to), column: from + 1 })
  }
  for (const match of text.matchAll(NAMED)) {
    literal(end, match.index)
    parts.push({ name: (match[1] ?? match[2] ?? '').toLowerCase(), column: match.index + 1 })
    end = match.index + match[0].length
  }
  literal(end, text.length)
  return parts
}

function checkNeeds(variables: readonly Variable[], length: number): void {
  const seen = new Set<TemplateField>()
  for (const { name, column } of variables) {
    const field = fieldOf(name)
    const target = field === 'request' ? 'uri' : field
    if (target === undefined) continue
    if (seen.has(target)) throw fault(column, `$${name} tells again what stands there already`)
    seen.add(target)
  }
  if (!seen.has('ip')) throw fault(length + 1, 'the client is missing: $remote_addr')
  if (!seen.has('at')) throw fault(length + 1, 'the time is missing: $time_local, $time_iso8601 or $msec')
  if (!seen.has('uri')) throw fault(length + 1, 'the request is missing: $request or $request_uri')
}

/** Where each value ends must follow from the line itself, whatever clients write. */
function checkEnds(parts: readonly Part[]): void {
  for (const [i, part] of parts.entries()) {
    if ('literal' in part) continue
    const next = parts[i + 1]
    if (next === undefined) continue
    if ('name' in next) throw fault(next.column, `nothing stands between $${part.name} and $${next.name}`)
    // nginx fills it itself, or the quote that follows cannot stand in it.
    if (Object.hasOwn(OWN, part.name) || next.literal.startsWith('"')) continue
    const rest = parts.slice(i + 1)
    const quote = rest.findIndex((other) => 'literal' in other && other.literal.includes('"'))
    if (quote < 0 && rest.some((other) => 'name' in other)) throw unquoted(part)
    const between = rest.slice(0, quote < 0 ? 0 : quote).find((other) => 'name' in other && !Object.hasOwn(OWN, other.name))
    if (between !== undefined) throw unquoted(part)
  }
}

function unquoted({ name, column }: Variable): RequestError {
  return fault(column, `a client chooses $${name} and could forge what follows it; put it into quotes: "$${name}"`)
}

function fieldOf(name: string): TemplateField | undefined {
  return Object.hasOwn(FIELDS, name) ? FIELDS[name] : undefined
}

function patternOf(name: string): string {
  const own = Object.hasOwn(OWN, name) ? OWN[name] : undefined
  // nginx writes `-` for a value that is missing.
  const value = own === undefined ? FOREIGN : `(?:${own}|-)`
  return fieldOf(name) === undefined ? value : `(${value})`
}

function escapeLiteral(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`)
}

function fault(column: number, message: string): RequestError {
  return new RequestError('BAD_TEMPLATE', `Cannot use the log template: column ${column}: ${message}`)
}
