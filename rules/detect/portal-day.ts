const PORTAL_OFFSET_MS = 7 * 3_600_000
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** Hour of the day in the portal's zone, 0 to 23; the zone has had no daylight saving since 1979. */
export function hourOfDay(atMs: number): number {
  return Math.floor((atMs + PORTAL_OFFSET_MS) / HOUR_MS) % 24
}

/** Days since 1970 in the portal's zone. */
export function portalDay(atMs: number): number {
  return Math.floor((atMs + PORTAL_OFFSET_MS) / DAY_MS)
}

/** `08:00:27 ngày 15/01/2024`. */
export function portalTimeWords(atMs: number): { readonly vi: string; readonly en: string } {
  const iso = new Date(atMs + PORTAL_OFFSET_MS).toISOString()
  const time = iso.slice(11, 19)
  const date = `${iso.slice(8, 10)}/${iso.slice(5, 7)}/${iso.slice(0, 4)}`
  return { vi: `${time} ngày ${date}`, en: `${time} on ${date}` }
}
