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
