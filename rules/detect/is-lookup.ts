import type { AttributedRequest, FunctionClass } from '../requests/attributed-request.ts'

/** `maKetQua` of answers that tell nothing of anybody: read or server error, and authentication failed. */
const EMPTY_RESULTS: ReadonlySet<string> = new Set(['100', '101', '401'])

/** What a harvester wants: card checks, histories, whole records. */
export function isLookup(kind: FunctionClass): boolean {
  return kind === 'lookup' || kind === 'history' || kind === 'record'
}

/**
 * Whether a look-up got an answer, as far as the log tells. One that was refused or failed gave nobody's data away: a client that
 * repeats it after 401 or a time-out is no harvester.
 */
export function isAnswered({ status, result }: AttributedRequest): boolean {
  if (status >= 400) return false
  return result === undefined || !EMPTY_RESULTS.has(result)
}

/** What an answer says of the person or the officer that were named. */
export type Miss = 'misses' | 'officerMisses' | undefined

/**
 * `misses`: no such card, or a wrong province, entitlement, name or birth date (`maKetQua` 050 to 053, 060, 061, 070; 404 where none is
 * logged). `officerMisses`: the officer is not registered, or wrongly named (054, 055).
 */
export function missOf({ status, result }: AttributedRequest): Miss {
  if (result === undefined) return status === 404 ? 'misses' : undefined
  if (result.length !== 3 || result.charCodeAt(0) !== 0x30) return undefined
  if (result === '054' || result === '055') return 'officerMisses'
  return result >= '050' && result <= '070' ? 'misses' : undefined
}
