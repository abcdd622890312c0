const OFFSET = /^(?:Z|([+-])([01][0-9]):([0-5][0-9]))$/

/** Minutes east of UTC of `+07:00`, `-03:30` or `Z`; `undefined` for anything else. No place is further than 14 hours from UTC. */
export function findOffsetMinutes(text: string): number | undefined {
  const match = OFFSET.exec(text)
  if (match === null) return undefined
  const [, sign, hours = '0', minutes = '0'] = match
  const total = Number(hours) * 60 + Number(minutes)
  return total > 14 * 60 ? undefined : sign === '-' ? 0 - total : total
}
