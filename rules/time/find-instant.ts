const INSTANT = /^(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/

/**
 * The instant that `text` names, in milliseconds since 1970 (UTC), or `undefined`. ISO 8601 with date, time and offset: `2024-08-01T00:00+07:00`.
 * A text without offset is refused: it would mean another instant on another machine.
 */
export function findInstantMs(text: string): number | undefined {
  const date = INSTANT.exec(text)?.[1]
  if (date === undefined) return undefined
  // Date.parse rolls 31 February over into March.
  const midnightMs = Date.parse(`${date}T00:00Z`)
  if (Number.isNaN(midnightMs) || new Date(midnightMs).toISOString().slice(0, 10) !== date) return undefined
  const atMs = Date.parse(text)
  return Number.isNaN(atMs) ? undefined : atMs
}
