import { decodePercent } from './decode-percent.ts'

/**
 * The path that the portal would see for the path part of a request target: percent-decoded once, `\` read as `/` (as the Windows HTTP
 * Server API does), doubled slashes and dot segments removed (RFC 3986 §5.2.4), no slash at the end.
 * `raw` has one character for each byte, without scheme, host, query and fragment.
 */
export function normalisePath(raw: string): string {
  const kept: string[] = []
  for (const segment of decodePercent(raw).replaceAll('\\', '/').split('/')) {
    if (segment === '..') kept.pop()
    else if (segment !== '' && segment !== '.') kept.push(segment)
  }
  return `/${kept.join('/')}`
}
