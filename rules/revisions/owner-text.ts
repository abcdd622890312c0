import type { Owner } from './allow-document.ts'

/** Letters, marks, digits, signs and single spaces of the Basic Multilingual Plane: byte order and string order are the same there. */
const DISPATCH = /^[\p{L}\p{M}\p{N}\p{P}\p{S}]+( [\p{L}\p{M}\p{N}\p{P}\p{S}]+)*$/u
const MAX_DISPATCH_LENGTH = 120

/** True for a dispatch number that can stand in a list: printable, not empty, at most 120 characters. */
export function isDispatch(text: string): boolean {
  return text.length <= MAX_DISPATCH_LENGTH && DISPATCH.test(text) && !/\p{Surrogate}|[\u{10000}-\u{10FFFF}]/u.test(text)
}

/** True for five digits: the facility's code, a string because of its leading zeros. */
export function isFacility(text: string): boolean {
  return /^[0-9]{5}$/.test(text)
}

/** True for two digits: a province's code of either table. */
export function isProvince(text: string): boolean {
  return /^[0-9]{2}$/.test(text)
}

/** `facility:province:dispatch`. */
export function ownerText(owner: Owner): string {
  return `${owner.facility}:${owner.province}:${owner.dispatch}`
}

/** Reads what `ownerText` wrote. */
export function ownerOf(text: string): Owner {
  return { facility: text.slice(0, 5), province: text.slice(6, 8), dispatch: text.slice(9) }
}
