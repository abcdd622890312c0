import type { LineFault } from './line-fault.ts'
import { fillSpans, type LineSpans } from './line-spans.ts'
import { findTargetEnd, findTargetStart } from './request-line.ts'

/**
 * `option httplog` and `option httpslog` (HAProxy configuration manual §8.2.3): after an optional syslog header
 * `client:port [accept date] frontend backend/server timers status bytes cookie cookie state connections queues {headers} {headers}`.
 * Every length is bounded, so that no line makes the match slow.
 */
const HEAD =
  /^(?:.{0,512}? )?([0-9a-f:.]{2,45}):([0-9]{1,5}) \[([^\]]{24})\] \S{1,128} \S{1,256} [-+0-9/]{9,80} (-1|[0-9]{3}) \+?[0-9]{1,20} \S{1,256} \S{1,256} \S{4} [-+0-9/]{9,80} [0-9/]{3,40} (?:\{[^}]{0,65535}\} ){0,2}"/i
/** Captured request headers, which stand before those of the answer. */
const CAPTURES = / \{([^}]{0,65535})\} (?:\{[^}]{0,65535}\} )?"$/
const HEX_ESCAPE = /#([0-9A-F]{2})/g

/** Reads a line of HAProxy's HTTP log. The request has `"` and `#` written as `#22` and `#23`, so its end cannot be forged. */
export function readHaproxyLine(bytes: Buffer, start: number, end: number, spans: LineSpans): LineFault | undefined {
  const text = bytes.toString('latin1', start, end)
  const head = HEAD.exec(text)
  if (head === null) return 'BAD_LAYOUT'
  const [whole, ip = '', port = '', at = '', status = ''] = head
  const close = text.indexOf('"', whole.length)
  const request = close === -1 ? cutBack(text.slice(whole.length)) : text.slice(whole.length, close)
  const uri = targetOf(request.replace(HEX_ESCAPE, (_escape, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))))
  fillSpans(spans, { at, ip, port, status, ...(uri === undefined ? {} : { uri }) })
  return undefined
}

/** What HAProxy captured of the request's headers, as it wrote it (`|`, `{` and `}` in a value are `#7C`, `#7B`, `#7D`); `undefined` where the line has no captures. */
export function findHaproxyCaptures(line: string): readonly string[] | undefined {
  const head = HEAD.exec(line)?.[0]
  return head === undefined ? undefined : CAPTURES.exec(head)?.[1]?.split('|')
}

/**
 * HAProxy cuts long lines (1,024 bytes by default), and the request is last. What stands before the last parameter is whole;
 * a cut parameter is dropped, because half of `01234_BV` names another account.
 */
function cutBack(request: string): string {
  return request.slice(0, Math.max(0, request.lastIndexOf('&'), request.lastIndexOf('?')))
}

function targetOf(request: string): string | undefined {
  const bytes = Buffer.from(request, 'latin1')
  const target = findTargetStart(bytes, 0, bytes.length)
  return target < 0 ? undefined : bytes.toString('latin1', target, findTargetEnd(bytes, target, bytes.length))
}
