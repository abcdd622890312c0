import type { FunctionClass } from '../requests/attributed-request.ts'
import { createAttributor } from '../requests/attributor.ts'
import { createFieldReader } from '../requests/field-reader.ts'
import type { PortalAccount } from '../requests/find-account.ts'
import { findTokenAccount } from '../requests/find-token-account.ts'
import { clearSpans, createLineSpans, type LineSpans, MARK, SPAN, type SpanName } from '../requests/line-spans.ts'
import { readEpochTime } from '../requests/log-time.ts'
import { tokenText } from '../requests/read-target.ts'
import type { GateRequest } from './gate-request.ts'

/** What a proxy tells of a request; one character for each byte (Latin-1), as HTTP headers are read. */
export interface AskedRequest {
  readonly atMs: number
  /** The request target as the client sent it (RFC 9112 §3.2), with the query. */
  readonly uri: string
  readonly method: string
  readonly ip: string
  readonly accessToken: string | undefined
  readonly authorization: string | undefined
}

/** Understands requests as the access log is understood: the same normalisation, the same order of trust. */
export interface GateReader {
  /** `undefined` for an address that is none. */
  read(asked: AskedRequest): GateRequest | undefined
  /** The last request that was read was let through: if it was a log-in, it names the nameless requests of its address. */
  letThrough(): void
}

const NOBODY: readonly string[] = []
/** More than most requests fill; it grows where one does not fit. */
const FIRST_BYTES = 16_384
/** For the time and an address. */
const ROOM_BYTES = 256

interface LogIn {
  readonly ip: string
  readonly account: PortalAccount
  readonly atMs: number
}

/** @param key at least 16 bytes; nothing is hashed with it, the readers of logs want one */
export function createGateReader(key: Uint8Array): GateReader {
  const logIns = createAttributor()
  let logIn: LogIn | undefined
  const fields = createFieldReader({
    key,
    functionsStopAtMs: Number.POSITIVE_INFINITY,
    attributor: {
      remember: (ip, account, atMs) => {
        logIn = { ip, account, atMs }
      },
      recall: (ip, atMs) => logIns.recall(ip, atMs),
      size: 0,
    },
  })
  const spans = createLineSpans()
  // One buffer for all requests: what is read keeps nothing of it.
  let buffer = Buffer.alloc(FIRST_BYTES)
  return {
    read(asked) {
      logIn = undefined
      const { atMs, ip, uri, method, accessToken, authorization } = asked
      if (ip.length > ROOM_BYTES / 2) return undefined
      const bytes = uri.length + (accessToken?.length ?? 0) + (authorization?.length ?? 0) + ROOM_BYTES
      if (bytes > buffer.length) buffer = Buffer.alloc(bytes)
      clearSpans(spans, buffer)
      let end = put(spans, 'at', (atMs / 1000).toFixed(3), 0)
      end = put(spans, 'ip', ip, end)
      end = put(spans, 'uri', uri, end)
      if (accessToken !== undefined) end = put(spans, 'accessToken', accessToken, end)
      if (authorization !== undefined) put(spans, 'authorization', authorization, end)
      const request = fields.read(spans, readEpochTime)
      if (typeof request === 'string') return undefined
      const { account, accountSource, facility, function: called } = request
      const kind: FunctionClass = request.class
      const others = account === undefined ? NOBODY : othersInTokens(account, accessToken, authorization, spans)
      return {
        atMs,
        ip: request.ip,
        account,
        accountSource,
        ...(others.length === 0 ? {} : { otherAccounts: others }),
        facility,
        function: called,
        class: kind,
        method,
      }
    },
    letThrough() {
      if (logIn !== undefined) logIns.remember(logIn.ip, logIn.account, logIn.atMs)
    },
  }
}

/** Writes a field, one byte for each character, and gives the place behind it. */
function put(spans: LineSpans, name: SpanName, text: string, start: number): number {
  const end = start + spans.bytes.write(text, start, 'latin1')
  spans.starts[SPAN[name]] = start
  spans.ends[SPAN[name]] = end
  return end
}

/** Whom the tokens of a request name beside `account`. A token is a hint that anybody can write: one that names nobody else hides none that does. */
function othersInTokens(
  account: string,
  accessToken: string | undefined,
  authorization: string | undefined,
  spans: LineSpans,
): readonly string[] {
  const start = spans.starts[MARK.token] as number
  const inQuery = start < 0 ? undefined : tokenText(spans.bytes, start, spans.ends[MARK.token] as number)
  let others: string[] | undefined
  for (const token of [accessToken, authorization, inQuery]) {
    const name = token === undefined ? undefined : findTokenAccount(token)?.name
    if (name === undefined || name === account || others?.includes(name) === true) continue
    others ??= []
    others.push(name)
  }
  return others ?? NOBODY
}
