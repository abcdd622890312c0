/** The portal's zone, Asia/Ho_Chi_Minh, has had no daylight saving since 1979. */
const PORTAL_OFFSET_MS = 7 * 3_600_000

/** `2026-11-22T08:00:00+07:00`: ISO 8601 in the portal's zone, with milliseconds only where there are any. */
export function portalTimeText(atMs: number): string {
  const local = new Date(atMs + PORTAL_OFFSET_MS).toISOString()
  return `${local.slice(0, atMs % 1000 === 0 ? -5 : -1)}+07:00`
}
