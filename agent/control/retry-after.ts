/** An hour: a control API that asks for more is asked again all the same. */
const MAX_WAIT_MS = 3_600_000

/** Milliseconds named by a Retry-After header (RFC 9110 §10.2.3), seconds or a date; 0 where it is absent or unreadable. */
export function parseRetryAfter(header: string | undefined, nowMs: number): number {
  if (header === undefined) return 0
  const text = header.trim()
  const delayMs = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs
  return Number.isFinite(delayMs) ? Math.min(Math.max(0, delayMs), MAX_WAIT_MS) : 0
}
