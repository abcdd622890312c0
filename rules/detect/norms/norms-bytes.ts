import { ByteReader } from '../sketches/byte-reader.ts'
import { ByteWriter } from '../sketches/byte-writer.ts'
import { SketchError } from '../sketches/sketch-error.ts'
import type { Norms } from './norms.ts'
import { WEEK_HOURS } from './portal-week.ts'
import { SIZE_CLASSES } from './size-class.ts'

const VERSION = 1
const MAX_NAME_BYTES = 64
const MAX_ACCOUNTS = 1_000_000
const PEER_HOURS = (SIZE_CLASSES.length + 1) * WEEK_HOURS
/** Doublings are kept in thousandths, two below and two above what is assumed. */
const SCALE = 1_000
const MIDDLE = 2 * SCALE

/**
 * What was learned, as bytes to be kept over a restart: version, sizes, accounts, check sum. 180 bytes and its name for an account that has an own norm.
 * `accounts`: slots, and how each account may be written down (masked), at most 64 bytes.
 */
export function formatNorms(norms: Norms, accounts: Iterable<readonly [slot: number, name: string]>): Uint8Array {
  const writer = new ByteWriter()
  writer.byte(VERSION)
  for (const [doublings, seen] of norms.peers.learned()) {
    writer.varint(Math.round(doublings * SCALE) + MIDDLE)
    writer.varint(seen)
  }
  const kept = [...accounts].flatMap(([slot, name]) => {
    const bytes = Buffer.from(name, 'utf8')
    const own = norms.own.levelsOf(slot)
    return own === undefined || bytes.length > MAX_NAME_BYTES ? [] : [{ ...own, bytes }]
  })
  writer.varint(kept.length)
  for (const { bytes, sinceHour, levels } of kept) {
    writer.byte(bytes.length)
    writer.bytes(bytes)
    writer.varint(sinceHour)
    writer.bytes(levels)
  }
  writer.checkSum()
  return writer.take()
}

/**
 * Takes back what `formatNorms` wrote. `slotOf`: where an account is now; `undefined` leaves it out. Nothing is taken of bytes that are refused.
 * @throws SketchError SKETCH_TORN SKETCH_VERSION SKETCH_FORM
 */
export function restoreNorms(bytes: Uint8Array, norms: Norms, slotOf: (name: string) => number | undefined): void {
  const reader = new ByteReader(bytes)
  reader.takeCheckSum()
  const version = reader.byte()
  if (version !== VERSION)
    throw new SketchError('SKETCH_VERSION', `Cannot read norms: their version is ${version}, known is ${VERSION}`)
  const peers = Array.from({ length: PEER_HOURS }, () => {
    const doublings = (reader.varint(2 * MIDDLE) - MIDDLE) / SCALE
    return [doublings, reader.varint(0xffff)] as const
  })
  const count = reader.varint(MAX_ACCOUNTS)
  const accounts: { name: string; sinceHour: number; levels: Uint8Array }[] = []
  for (let read = 0; read < count; read++) {
    const name = Buffer.from(reader.bytes(reader.byte())).toString('utf8')
    accounts.push({ name, sinceHour: reader.varint(2 ** 32 - 1), levels: reader.bytes(WEEK_HOURS) })
  }
  reader.finish()
  norms.peers.restore(peers)
  for (const { name, sinceHour, levels } of accounts) {
    const slot = slotOf(name)
    if (slot !== undefined) norms.own.restore(slot, sinceHour, levels)
  }
}
