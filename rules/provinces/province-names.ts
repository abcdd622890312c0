import { PROVINCES_BEFORE_MERGER, PROVINCES_SINCE_MERGER } from './province-table.ts'

/** 2025-07-01T00:00+07:00: from here on there are 34 provinces, and seven codes name another one than before. */
export const MERGER_AT_MS = Date.UTC(2025, 5, 30, 17)

const SUCCESSORS: ReadonlyMap<string, string> = new Map(
  Object.entries(PROVINCES_SINCE_MERGER).flatMap(([code, { from }]) => from.map((before) => [before, code] as const)),
)

/**
 * The name of the province with this code at an instant, or `undefined` where no province had the code then. A code alone says nothing:
 * 24 was Bắc Giang and is Bắc Ninh.
 */
export function provinceName(code: string, atMs: number): string | undefined {
  if (atMs < MERGER_AT_MS) return Object.hasOwn(PROVINCES_BEFORE_MERGER, code) ? PROVINCES_BEFORE_MERGER[code] : undefined
  return Object.hasOwn(PROVINCES_SINCE_MERGER, code) ? PROVINCES_SINCE_MERGER[code]?.name : undefined
}

/** The code since 2025-07-01 of a province by its code before, itself where nothing changed; `undefined` for no code of then. */
export function successorOf(codeBefore: string): string | undefined {
  return SUCCESSORS.get(codeBefore)
}

/** The codes of all provinces at an instant, sorted. */
export function provinceCodesAt(atMs: number): readonly string[] {
  return Object.keys(atMs < MERGER_AT_MS ? PROVINCES_BEFORE_MERGER : PROVINCES_SINCE_MERGER).sort()
}

/** A province for a person to read, its code never without the date that gives it a meaning: `Bắc Ninh (24, from 01/07/2025)`. */
export function provinceLabel(code: string, atMs: number): string {
  const name = provinceName(code, atMs) ?? '?'
  return `${name} (${code}, ${atMs < MERGER_AT_MS ? 'to 30/06/2025' : 'from 01/07/2025'})`
}
