import { Type } from 'typebox'
import { canonicalJson } from '../documents/canonical-json.ts'
import { rightsOf, rightsText, USER_RIGHTS, type UserRight } from './user-right.ts'
import { UsersError } from './users-error.ts'

/** Far more than all the portal's named users. */
export const MAX_USERS = 1_000_000
export const MAX_USERS_BYTES = 56 * 1_048_576

/** The first line, up to and with `"users":[`. */
const UsersHeader = Type.Object(
  {
    format: Type.Literal('edgeward-users/1'),
    version: Type.Integer({ minimum: 1, maximum: 999_999_999_999_999 }),
    publishedAt: Type.String({ pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{3}Z$' }),
    keys: Type.Array(Type.String({ pattern: '^[0-9a-f]{16}$' }), { minItems: 1, maxItems: 2 }),
    count: Type.Integer({ minimum: 0, maximum: MAX_USERS }),
    users: Type.Array(Type.Never(), { maxItems: 0 }),
  },
  { additionalProperties: false },
)

const HEADER = canonicalJson({
  what: 'the first line of a users document',
  schema: UsersHeader,
  fail: (_fault, message, options) => new UsersError('USERS_HEADER', message, options),
})

/** One named user as edges know him: by the keyed token of his account. Neither name nor citizen ID is there. */
export interface ListedUser {
  /** `gateToken` of the account `NNNNN_<citizen ID>`. */
  readonly token: string
  /** Five digits as a string. */
  readonly facility: string
  readonly rights: readonly UserRight[]
  readonly state: 'active' | 'disabled'
  /** When the registration ends by itself, to the minute; `null` where it does not. */
  readonly untilMs: number | null
}

/**
 * All named users (1923/BHXH-CNTT §1b): TUF target `users/<version>.json`. It is JSON with one line of 52 bytes a user, in the order of the tokens
 * (`"abcdefghijklmnop 01234 lh--- a 2027-01-01T00:00Z",`; letters of the rights; `a`ctive or `d`isabled), so that it is looked up where it lies: no object is made for users nobody asks for.
 */
export interface UsersDocument {
  readonly version: number
  readonly publishedAt: string
  /** Ids of the gate keys that tokens were made with, newest first (`gateKeyId`). An edge that lacks one knows not all users. */
  readonly keys: readonly string[]
  readonly count: number
  /** By token; `undefined` for who is not on the list. */
  find(token: string): ListedUser | undefined
  /** In the order of the tokens. */
  all(): Iterable<ListedUser>
}

export interface UsersInput extends Pick<UsersDocument, 'version' | 'publishedAt' | 'keys'> {
  /** In any order, each token once. */
  readonly users: readonly ListedUser[]
}

const LINE = 52
const NEVER = '9999-12-31T23:59Z'
const NEVER_MS = Date.parse(NEVER)
const END = ']}\n'
const TOKEN = /^[a-p]{16}$/
const FORM = formOf('"pppppppppppppppp 00000 ????? ! 0000-00-00T00:00Z",\n')

/** The exact bytes of a document, ready to be signed. @throws UsersError */
export function formatUsers({ version, publishedAt, keys, users }: UsersInput): Uint8Array {
  const count = users.length
  const header = { format: 'edgeward-users/1', version, publishedAt, keys, count, users: [] }
  const lines = users.map(lineOf).sort()
  const last = lines.pop()
  const text = `${JSON.stringify(header).slice(0, -2)}\n${lines.join('')}${last === undefined ? '' : `${last.slice(0, -2)}\n`}${END}`
  const bytes = Buffer.from(text, 'latin1')
  parseUsers(bytes)
  return bytes
}

/** Reads what `formatUsers` wrote and nothing else. The bytes are kept and must not change. @throws UsersError */
export function parseUsers(content: Uint8Array): UsersDocument {
  if (content.length > MAX_USERS_BYTES)
    throw new UsersError(
      'USERS_TOO_LARGE',
      `Cannot take a users document of ${content.length} bytes: the limit is ${MAX_USERS_BYTES}`,
    )
  const { bytes, start, document } = readFrame(content)
  checkLines(bytes, start, document.count)
  return document
}

/** Opens bytes that `parseUsers` has read once, in another thread: no line is looked at. @throws UsersError */
export function openUsers(content: Uint8Array): UsersDocument {
  return readFrame(content).document
}

function readFrame(content: Uint8Array): { bytes: Buffer; start: number; document: UsersDocument } {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength)
  const start = bytes.indexOf(0x0a) + 1
  const { version, publishedAt, keys, count } = HEADER.parse(`${bytes.toString('latin1', 0, Math.max(0, start - 1))}]}`)
  const length = start + Math.max(0, count * LINE - 1) + END.length
  if (bytes.length !== length || bytes.toString('latin1', length - END.length) !== END)
    throw new UsersError(
      'USERS_LINE',
      `Cannot read a users document: it has ${bytes.length} bytes, ${count} users take ${length}`,
    )
  const find = (token: string): ListedUser | undefined => findIn(bytes, start, count, token)
  const all = (): Iterable<ListedUser> => usersIn(bytes, start, count)
  return { bytes, start, document: { version, publishedAt, keys, count, find, all } }
}

function lineOf({ token, facility, rights, state, untilMs }: ListedUser): string {
  const until = untilMs === null ? NEVER : `${new Date(Math.min(untilMs, NEVER_MS)).toISOString().slice(0, 16)}Z`
  return `"${token} ${facility} ${rightsText(rights)} ${state.charAt(0)} ${until}",\n`
}

/** For each byte of a line which of the 256 it may be, as ones: looked up without a call, because a gate waits while a document is read. */
function formOf(pattern: string): Uint8Array {
  const firstRight = pattern.indexOf('?')
  const form = new Uint8Array(pattern.length * 256)
  for (const [at, character] of pattern.split('').entries()) {
    for (const letter of lettersOf(character, at - firstRight).split('')) form[at * 256 + letter.charCodeAt(0)] = 1
  }
  return form
}

function lettersOf(character: string, right: number): string {
  if (character === 'p') return 'abcdefghijklmnop'
  if (character === '0') return '0123456789'
  if (character === '?') return `-${USER_RIGHTS[right]?.charAt(0) ?? ''}`
  return character === '!' ? 'ad' : character
}

function checkLines(bytes: Buffer, start: number, count: number): void {
  for (let line = 0; line < count; line += 1) {
    const from = start + line * LINE
    // The last line has no comma.
    const length = line === count - 1 ? LINE - 2 : LINE
    for (let at = 0; at < length; at += 1) {
      if (FORM[at * 256 + (bytes[from + at] ?? 0)] === 1) continue
      throw new UsersError(
        'USERS_LINE',
        `Cannot read a users document: line ${line + 2}, byte ${at + 1} is not of the agreed form`,
      )
    }
    if (line > 0 && bytes.compare(bytes, from - LINE + 1, from - LINE + 17, from + 1, from + 17) <= 0)
      throw new UsersError('USERS_ORDER', `Cannot read a users document: line ${line + 2} is not after the one before`)
  }
}

function findIn(bytes: Buffer, start: number, count: number, token: string): ListedUser | undefined {
  if (!TOKEN.test(token)) return undefined
  const wanted = Buffer.from(token, 'latin1')
  let low = 0
  let high = count - 1
  while (low <= high) {
    const middle = (low + high) >>> 1
    const from = start + middle * LINE + 1
    const order = bytes.compare(wanted, 0, 16, from, from + 16)
    if (order === 0) return userOf(bytes.toString('latin1', from, from + LINE - 4))
    if (order < 0) low = middle + 1
    else high = middle - 1
  }
  return undefined
}

function* usersIn(bytes: Buffer, start: number, count: number): Generator<ListedUser> {
  for (let line = 0; line < count; line += 1) {
    const from = start + line * LINE + 1
    yield userOf(bytes.toString('latin1', from, from + LINE - 4))
  }
}

function userOf(line: string): ListedUser {
  const [token = '', facility = '', rights = '', state = '', until = ''] = line.split(' ')
  const untilMs = until === NEVER ? null : Date.parse(until)
  return { token, facility, rights: rightsOf(rights), state: state === 'a' ? 'active' : 'disabled', untilMs }
}
