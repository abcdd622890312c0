const UNIT_MS = { m: 60_000, h: 3_600_000 } as const

/** Milliseconds of `90m` or `2h`; `undefined` for anything else. */
export function findDurationMs(text: string): number | undefined {
  const match = /^([1-9]\d{0,4})([mh])$/.exec(text)
  if (match?.[1] === undefined || (match[2] !== 'm' && match[2] !== 'h')) return undefined
  return Number(match[1]) * UNIT_MS[match[2]]
}
