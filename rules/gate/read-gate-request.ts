import type { FunctionClass } from '../requests/attributed-request.ts'
import { createAttributor } from '../requests/attributor.ts'
import { createFieldReader } from '../requests/field-reader.ts'
import type { PortalAccount } from '../requests/find-account.ts'
import { findTokenAccount } from '../requests/find-token-account.ts'
import { createLineSpans, fillSpans, type LineSpans, MARK } from '../requests/line-spans.ts'
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
  return {
    read(asked) {
      logIn = undefined
      const { atMs, ip, uri, method, accessToken, authorization } = asked
      fillSpans(spans, {
        at: (atMs / 1000).toFixed(3),
        ip,
        uri,
        ...(accessToken === undefined ? {} : { accessToken }),
        ...(authorization === undefined ? {} : { authorization }),
      })
      const request = fields.read(spans, readEpochTime)
      if (typeof request === 'string') return undefined
      const { account, accountSource, facility, function: called } = request
      const kind: FunctionClass = request.class
      const tokenAccount = accountSource === 'query' ? accountOfTokens(accessToken, authorization, spans) : undefined
      return {
        atMs,
        ip: request.ip,
        account,
        accountSource,
        ...(tokenAccount === undefined || tokenAccount === account ? {} : { tokenAccount }),
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

/** Who the tokens of a request say it is, where its query says so too. */
function accountOfTokens(
  accessToken: string | undefined,
  authorization: string | undefined,
  spans: LineSpans,
): string | undefined {
  const inHeader = accessToken === undefined ? undefined : findTokenAccount(accessToken)
  const named = inHeader ?? (authorization === undefined ? undefined : findTokenAccount(authorization))
  const start = spans.starts[MARK.token] as number
  if (named !== undefined || start < 0) return named?.name
  return findTokenAccount(tokenText(spans.bytes, start, spans.ends[MARK.token] as number))?.name
}
