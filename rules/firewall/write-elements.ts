import type { IntervalList } from './interval-list.ts'
import type { NetlinkWriter } from './netlink-writer.ts'

/** Writes the elements of a whole set, as nft(8) writes them, with no object for any of them: there may be a million. */

/** A message with a list of elements in it; `write` writes the list's content. */
export type SayElements = (write: () => void) => void

/** An attribute holds 64 KiB. */
const MAX_LIST_BYTES = 65_000
const NESTED = 0x8000
const ELEMENT = 1 | NESTED
const KEY = 1 | NESTED
const VALUE = 1
const FLAGS = 3
const TIMEOUT = 4
const USER_DATA = 6
/** 1, in network order. */
const IS_END = 0x0100_0000
const HEAD_BYTES = 4
const FLAGS_BYTES = 8
const TIMEOUT_BYTES = 12
const USER_DATA_BYTES = 12
/** How libnftnl says that nothing ends an interval: kind 1, 4 bytes, 1. */
const OPEN_USER_DATA = [10 | (USER_DATA << 16), 0x0001_0401, 0] as const
/** More than what names table and set takes. */
const MESSAGE_BYTES = 128

/** What the elements of `count` hosts of `width` words take, with the heads of their messages. */
export function hostBytes(width: 1 | 4, count: number): number {
  return count * elementBytes(width) + messagesFor(count * elementBytes(width))
}

/** The same of intervals; some bytes more than they really take. */
export function intervalBytes({ width, lengths, timeoutsMs }: IntervalList): number {
  const each = 2 * elementBytes(width) + FLAGS_BYTES + (timeoutsMs === undefined ? 0 : TIMEOUT_BYTES)
  const all = (lengths.length + 1) * each + USER_DATA_BYTES
  return all + messagesFor(all)
}

/** One element for each `width` words of `keys`. */
export function writeHosts(writer: NetlinkWriter, width: 1 | 4, keys: Uint32Array, say: SayElements): void {
  const bytes = elementBytes(width)
  const count = keys.length / width
  const step = Math.floor(MAX_LIST_BYTES / bytes)
  for (let from = 0; from < count; from += step) {
    const to = Math.min(count, from + step)
    say(() => {
      const { words, at } = writer.room(bytes * (to - from))
      let next = at
      for (let i = from; i < to; i += 1) {
        words[next] = bytes | (ELEMENT << 16)
        next = putKey(words, next + 1, width, keys, width * i)
      }
    })
  }
}

/**
 * The beginning and the end of each interval, and before the first what nft puts where that does not begin at 0: an end at 0. What reaches the end of its family has no end.
 */
export function writeIntervals(writer: NetlinkWriter, list: IntervalList, say: SayElements): void {
  const { width, starts, lengths } = list
  /** 0 until the first interval. */
  const end = new Uint32Array(width)
  const step = Math.floor(MAX_LIST_BYTES / (2 * elementBytes(width) + FLAGS_BYTES + TIMEOUT_BYTES)) - 2
  for (let from = 0; from < lengths.length; from += step) {
    const to = Math.min(lengths.length, from + step)
    say(() => {
      if (from === 0 && starts.subarray(0, width).some((word) => word !== 0)) putEnd(writer, width, end)
      for (let i = from; i < to; i += 1) {
        const isOpen = !findEnd(end, list, i)
        putStart(writer, list, i, isOpen)
        if (!isOpen) putEnd(writer, width, end)
      }
    })
  }
}

function putStart(writer: NetlinkWriter, { width, starts, timeoutsMs }: IntervalList, i: number, isOpen: boolean): void {
  const timeoutMs = timeoutsMs?.[i]
  const bytes = elementBytes(width) + (timeoutMs === undefined ? 0 : TIMEOUT_BYTES) + (isOpen ? USER_DATA_BYTES : 0)
  const { words, at } = writer.room(bytes)
  words[at] = bytes | (ELEMENT << 16)
  let next = at + 1
  if (timeoutMs !== undefined) {
    words[next] = TIMEOUT_BYTES | (TIMEOUT << 16)
    words[next + 1] = swapped(Math.floor(timeoutMs / 2 ** 32))
    words[next + 2] = swapped(timeoutMs % 2 ** 32)
    next += TIMEOUT_BYTES / 4
  }
  next = putKey(words, next, width, starts, width * i)
  if (isOpen) words.set(OPEN_USER_DATA, next)
}

function putEnd(writer: NetlinkWriter, width: 1 | 4, key: Uint32Array): void {
  const bytes = elementBytes(width) + FLAGS_BYTES
  const { words, at } = writer.room(bytes)
  words[at] = bytes | (ELEMENT << 16)
  words[at + 1] = FLAGS_BYTES | (FLAGS << 16)
  words[at + 2] = IS_END
  putKey(words, at + 3, width, key, 0)
}

/** The `width` words of `keys` from `from` on, at `at`; gives where it ends. */
function putKey(words: Uint32Array, at: number, width: number, keys: Uint32Array, from: number): number {
  words[at] = (2 * HEAD_BYTES + 4 * width) | (KEY << 16)
  words[at + 1] = (HEAD_BYTES + 4 * width) | (VALUE << 16)
  for (let word = 0; word < width; word += 1) words[at + 2 + word] = swapped(keys[from + word] ?? 0)
  return at + 2 + width
}

/** The first address behind block `i`; false where there is none. */
function findEnd(end: Uint32Array, { width, starts, lengths }: IntervalList, i: number): boolean {
  const hostBits = 32 * width - (lengths[i] ?? 0)
  end.set(starts.subarray(width * i, width * (i + 1)))
  let carry = 2 ** (hostBits % 32)
  for (let word = width - 1 - Math.floor(hostBits / 32); word >= 0; word -= 1) {
    const sum = (end[word] ?? 0) + carry
    end[word] = sum
    if (sum < 2 ** 32) return true
    carry = 1
  }
  return false
}

/** Of a host, and of what begins an interval and has no time. */
function elementBytes(width: 1 | 4): number {
  return 3 * HEAD_BYTES + 4 * width
}

function messagesFor(bytes: number): number {
  return Math.ceil(bytes / (MAX_LIST_BYTES / 2)) * MESSAGE_BYTES
}

/** In network order. */
function swapped(word: number): number {
  return (word >>> 24) | ((word >>> 8) & 0xff00) | ((word & 0xff00) << 8) | (word << 24)
}
