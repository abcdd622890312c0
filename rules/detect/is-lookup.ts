import type { AttributedRequest, FunctionClass } from '../requests/attributed-request.ts'

type Answer = Pick<AttributedRequest, 'status' | 'result'>

/** What a harvester wants: card checks, histories, whole records. */
export function isLookup(kind: FunctionClass): boolean {
  return kind === 'lookup' || kind === 'history' || kind === 'record'
}

/**
 * Whether a look-up got an answer, as far as the log tells: `maKetQua` 100 and 101 are a read or server error, 401 a failed authentication. One that was refused or failed gave nobody's data away: a client that
 * repeats it after 401 or a time-out is no harvester.
 */
export function isAnswered({ status, result }: Answer): boolean {
  if (status >= 400) return false
  // Nearly all are `000` and their like, and the first digit says it.
  if (result === undefined || result.charCodeAt(0) === 0x30) return true
  return result !== '100' && result !== '101' && result !== '401'
}

/** What an answer says of the person or the officer that were named. */
export type Miss = 'misses' | 'officerMisses' | undefined

/**
 * `misses`: no such card, or a wrong province, entitlement, name or birth date (`maKetQua` 050 to 053, 060, 061, 070; 404 where none is
 * logged). `officerMisses`: the officer is not registered, or wrongly named (054, 055).
 */
export function missOf({ status, result }: Answer): Miss {
  if (result === undefined) return status === 404 ? 'misses' : undefined
  if (result.length !== 3 || result.charCodeAt(0) !== 0x30 || result.charCodeAt(1) === 0x30) return undefined
  if (result === '054' || result === '055') return 'officerMisses'
  return result >= '050' && result <= '070' ? 'misses' : undefined
}

/** Whether asking for the same person again guesses nothing new: there is no such card (050 to 053, or 404), where a name or a birth date can be tried and tried. */
export function isSameMiss({ result }: Answer): boolean {
  return result === undefined || result < '060'
}
