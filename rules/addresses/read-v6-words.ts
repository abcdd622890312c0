import { zeroRunOf } from './zero-run.ts'

const ZERO = 0x30
const NINE = 0x39
const COLON = 0x3a
const LOWER_A = 0x61
const LOWER_F = 0x66

/** Reads an IPv6 address that stands from `start` to before `end` into four words; false where it is not exactly the form of RFC 5952 §4. Makes no garbage. */
export function readV6Words(text: string, start: number, end: number, words: Uint32Array): boolean {
  words.fill(0)
  let at = start
  let group = 0
  let gapAt = -1
  let gapLength = 0
  while (at < end) {
    if (text.charCodeAt(at) === COLON && at + 1 < end && text.charCodeAt(at + 1) === COLON) {
      if (gapAt >= 0) return false
      gapAt = group
      at += 2
      gapLength = 8 - group - groupsIn(text, at, end)
      if (gapLength < 2) return false
      group += gapLength
      if (at === end) break
    } else if (group > 0) {
      if (text.charCodeAt(at) !== COLON) return false
      at += 1
    }
    const read = readGroup(text, at, end)
    if (read < 0 || group > 7) return false
    const word = group >>> 1
    words[word] = (words[word] ?? 0) + (group % 2 === 0 ? (read >>> 3) * 65536 : read >>> 3)
    at += read & 7
    group += 1
  }
  return group === 8 && zeroRunOf(words) === (gapAt < 0 ? 0 : 16 * gapAt + gapLength)
}

/** How many groups are written from `start` on. */
function groupsIn(text: string, start: number, end: number): number {
  let groups = start < end ? 1 : 0
  for (let at = start; at < end; at += 1) if (text.charCodeAt(at) === COLON) groups += 1
  return groups
}

/** One group of one to four lower-case digits without leading zeros, as `8 * value + digits`; -1 where there is none. */
function readGroup(text: string, start: number, end: number): number {
  let value = 0
  let digits = 0
  for (; digits < 4 && start + digits < end; digits += 1) {
    const code = text.charCodeAt(start + digits)
    if (code >= ZERO && code <= NINE) value = value * 16 + code - ZERO
    else if (code >= LOWER_A && code <= LOWER_F) value = value * 16 + code - LOWER_A + 10
    else break
  }
  if (digits === 0 || (digits > 1 && text.charCodeAt(start) === ZERO)) return -1
  return 8 * value + digits
}
