import type { LogTemplate } from './log-template.ts'
import { findHaproxyCaptures } from './read-haproxy-line.ts'
import { unescapeLogText } from './unescape-log-text.ts'

/**
 * The User-Agent in a line, one character for each byte that the client sent: '' where it sent none, `undefined` where the line does not tell. Any client chooses it, and any
 * bytes may stand in it: for people it goes through `createClientNames`. Asked of few lines, long after they were counted: reading a log costs nothing for it.
 */
export type FindClient = (line: string) => string | undefined

const KEY = 'userAgent'
/** The two quoted values behind status and byte count: Referer and User-Agent. The first raw `"` opens the request, as `readCombinedLine` has it. */
const COMBINED = /^[^"]*"[^"\\]*(?:\\.[^"\\]*)*" \S{1,20} \S{1,20} "[^"\\]*(?:\\.[^"\\]*)*" "([^"\\]*(?:\\.[^"\\]*)*)"/s
const HEX_ESCAPE = /#([0-9A-F]{2})/g

/** Of the JSON log. */
export function findJsonClient(line: string): string | undefined {
  if (!line.includes(`"${KEY}"`)) return undefined
  const object: unknown = JSON.parse(line)
  if (typeof object !== 'object' || object === null || !Object.hasOwn(object, KEY)) return undefined
  const value = (object as Record<string, unknown>)[KEY]
  return typeof value === 'string' ? sent(value) : undefined
}

/** Of `combined`; `common` does not tell it. */
export function findCombinedClient(line: string): string | undefined {
  const client = COMBINED.exec(line)?.[1]
  return client === undefined ? undefined : sent(unescapeLogText(client))
}

/** @param place of the User-Agent among the request headers that HAProxy captures, from 1; the line itself names none of them */
export function createHaproxyClientFinder(place: number | undefined): FindClient {
  return (line) => {
    const client = place === undefined ? undefined : findHaproxyCaptures(line)?.[place - 1]
    if (client === undefined) return undefined
    return sent(client.replace(HEX_ESCAPE, (_escape, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))))
  }
}

/** Of a template that has `$http_user_agent` or `$edgeward_agent`. */
export function createTemplateClientFinder({ pattern, fields }: LogTemplate): FindClient {
  const group = fields.indexOf('userAgent') + 1
  return (line) => {
    const client = group === 0 ? undefined : pattern.exec(line)?.[group]
    return client === undefined ? undefined : sent(unescapeLogText(client))
  }
}

/** Proxies write `-` for a header that is not there. */
function sent(client: string): string {
  return client === '-' ? '' : client
}
