import { createAddressCache, readV4 } from './address-cache.ts'
import type { AccountPlace, AccountSource, AttributedRequest } from './attributed-request.ts'
import type { Attributor } from './attributor.ts'
import type { PortalAccount } from './find-account.ts'
import { findTokenAccount } from './find-token-account.ts'
import { createSubjectReader } from './hash-subject.ts'
import type { LineFault } from './line-fault.ts'
import type { LineMachine } from './line-machine.ts'
import { type LineSpans, MARK, SPAN } from './line-spans.ts'
import { checkKey } from './mask-account.ts'
import { LookupReader } from './read-lookup-line.ts'
import { createTargetReader, tokenText } from './read-target.ts'
import { createTimeMemory, type ReadTime } from './time-memory.ts'
import { FIGURE } from './wasm/line-layout.ts'

export interface FieldReaderOptions {
  readonly key: Uint8Array
  readonly functionsStopAtMs: number
  readonly attributor: Attributor
  /** Scans the lines of `lookups`. */
  readonly machine?: LineMachine | undefined
}

/** Makes a request of the fields that were found in a line, whatever its format. */
export interface FieldReader {
  read(spans: LineSpans, readTime: ReadTime): AttributedRequest | LineFault
  /** Reads lines that the machine scanned and that tell no more than most do; `undefined` without one. */
  readonly lookups: LookupReader | undefined
}

/** What `maKetQua` of a refused log-in says. */
const REFUSED = '401'
const RESULT = /^[0-9A-Za-z]{1,8}$/

/** @throws RequestError KEY_TOO_SHORT */
export function createFieldReader(options: FieldReaderOptions): FieldReader {
  const { key, functionsStopAtMs, attributor, machine } = options
  checkKey(key)
  const addresses = createAddressCache()
  const subjects = createSubjectReader(key)
  const target = createTargetReader()
  const times = createTimeMemory()
  const results = Array.from({ length: 1000 }, (_, code) => String(code).padStart(3, '0'))
  let source: AccountSource | undefined

  /** In falling order of trust. A log-in is made by its body: a name in its URL is read by nobody but us. */
  function findAccountOf(spans: LineSpans, ip: string, atMs: number): PortalAccount | undefined {
    const isLogIn = target.function.class === 'token'
    const inBody = target.account === undefined || isLogIn ? accountInBody(spans) : undefined
    if (inBody !== undefined) {
      source = 'body'
      return inBody
    }
    source = 'query'
    return target.account ?? accountInTokens(spans) ?? (isLogIn ? nobody() : accountOfSource(ip, atMs))
  }

  function accountInBody(spans: LineSpans): PortalAccount | undefined {
    const account = accountIn(spans, SPAN.account) ?? accountIn(spans, SPAN.username)
    if (account === undefined || account.facility !== undefined) return account
    const facility = textOf(spans, SPAN.facility)
    return facility !== undefined && /^[0-9]{5}$/.test(facility) ? { name: account.name, facility } : account
  }

  function accountIn(spans: LineSpans, span: number): PortalAccount | undefined {
    const start = spans.starts[span] as number
    return start < 0 ? undefined : target.readAccount(spans, start, spans.ends[span] as number)
  }

  function accountInTokens(spans: LineSpans): PortalAccount | undefined {
    const header = textOf(spans, SPAN.accessToken)
    const inHeader = header === undefined ? undefined : findTokenAccount(header)
    if (inHeader !== undefined) {
      source = 'header'
      return inHeader
    }
    const bearer = textOf(spans, SPAN.authorization)
    const inBearer = bearer === undefined ? undefined : findTokenAccount(bearer)
    source = 'token'
    const token = spans.starts[MARK.token] as number
    if (inBearer !== undefined || token < 0) return inBearer
    return findTokenAccount(tokenText(spans.bytes, token, spans.ends[MARK.token] as number))
  }

  function accountOfSource(ip: string, atMs: number): PortalAccount | undefined {
    const account = attributor.recall(ip, atMs)
    source = account === undefined ? undefined : 'correlation'
    return account
  }

  function nobody(): undefined {
    source = undefined
  }

  return {
    lookups: machine && new LookupReader({ machine, subjects, target, addresses, results }),
    read(spans, readTime) {
      const { starts } = spans
      if ((starts[SPAN.ip] as number) < 0 || (starts[SPAN.at] as number) < 0) return 'MISSING_FIELD'
      const atMs = times.read(spans, readTime)
      if (Number.isNaN(atMs)) return 'BAD_TIME'
      target.read(spans)
      const ip = addressIn(spans)
      if (ip === undefined) return 'BAD_ADDRESS'
      const account = findAccountOf(spans, ip, atMs)
      const status = spans.hasFigures ? (spans.figures[FIGURE.status] as number) : numberIn(spans, SPAN.status, 999)
      const result = resultIn(spans)
      const { function: called } = target
      const isGiven = (status === 0 || (status >= 200 && status < 300)) && result !== REFUSED
      if (called.class === 'token' && account !== undefined && isGiven) attributor.remember(ip, account, atMs)
      const hasSubject = readSubject(spans, atMs)
      return {
        atMs,
        ip,
        port: spans.hasFigures ? (spans.figures[FIGURE.port] as number) : numberIn(spans, SPAN.port, 65_535),
        account: account?.name,
        accountSource: account === undefined ? undefined : source,
        facility: account?.facility,
        function: called.name,
        class: called.class,
        retired: called.stopped && atMs >= functionsStopAtMs,
        status,
        subject: hasSubject ? subjects.subject : undefined,
        subjectBlock: hasSubject ? blockIn(spans, atMs) : undefined,
        isProbe: hasSubject && subjects.isProbe,
        result,
        place: account?.slot === undefined ? undefined : (account as AccountPlace),
      }
    },
  }

  function addressIn({ view, starts, ends, figures, hasFigures }: LineSpans): string | undefined {
    const start = starts[SPAN.ip] as number
    const end = ends[SPAN.ip] as number
    const address = hasFigures ? (figures[FIGURE.address] as number) : readV4(view, start, end)
    return addresses.get(address, view, start, end, target.account)
  }

  function readSubject({ view, starts, ends }: LineSpans, atMs: number): boolean {
    const start = starts[SPAN.subject] as number
    if (start < 0) return false
    subjects.read(view, start, ends[SPAN.subject] as number, atMs)
    return subjects.subject !== undefined
  }

  function blockIn({ view, starts, ends }: LineSpans, atMs: number): number | undefined {
    const start = starts[SPAN.subjectBlock] as number
    return subjects.block ?? (start < 0 ? undefined : subjects.readBlock(view, start, ends[SPAN.subjectBlock] as number, atMs))
  }

  function resultIn(spans: LineSpans): string | undefined {
    const start = spans.starts[SPAN.result] as number
    if (start < 0) return undefined
    if ((spans.ends[SPAN.result] as number) - start === 3) {
      const code = numberIn(spans, SPAN.result, 999, -1)
      if (code >= 0) return results[code]
    }
    const text = textOf(spans, SPAN.result)
    return text !== undefined && RESULT.test(text) ? text : undefined
  }
}

/** The field as text of one character for each byte, or `undefined` if it is missing or empty. */
function textOf(spans: LineSpans, span: number): string | undefined {
  const start = spans.starts[span] as number
  const end = spans.ends[span] as number
  return start < 0 || end <= start ? undefined : spans.bytes.toString('latin1', start, end)
}

/** A figure of digits alone up to `max`; `absent` for anything else, such as the `-1` of a request without an answer. */
function numberIn(spans: LineSpans, span: number, max: number, absent = 0): number {
  const start = spans.starts[span] as number
  const end = spans.ends[span] as number
  if (start < 0 || end <= start || end - start > 5) return absent
  let value = 0
  for (let i = start; i < end; i += 1) {
    const digit = (spans.bytes[i] as number) - 0x30
    if (digit < 0 || digit > 9) return absent
    value = value * 10 + digit
  }
  return value <= max ? value : absent
}
