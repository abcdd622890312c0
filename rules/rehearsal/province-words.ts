import { MERGER_AT_MS, provinceName, successorOf } from '../provinces/province-names.ts'

/**
 * `Bắc Ninh (24, từ 01/07/2025)`: a code says nothing without the day from which on it is meant. The first two digits of a facility may be those of a province
 * that is part of another one by then.
 */
export function provinceWords(code: string, atMs: number): string {
  const isNow = atMs >= MERGER_AT_MS
  const then = isNow ? (successorOf(code) ?? code) : code
  return `${provinceName(then, atMs) ?? 'không rõ'} (${then}, ${isNow ? 'từ 01/07/2025' : 'đến 30/06/2025'})`
}
