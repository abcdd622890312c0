import type { Tally } from '../../rules/tallies/tally.ts'
import { formatTally } from '../../rules/tallies/tally-bytes.ts'

/** Half an hour of ordinary tallies; older minutes count for nobody. */
const MAX_HELD = 64
const MAX_HELD_BYTES = 32 * 1_048_576

/** A tally as it is offered: how it is asked for, and what it is. */
export interface OfferedTally {
  readonly boot: string
  readonly sequence: number
  /** It ends a set that holds all that this edge still held: what was lost before is made good. */
  readonly isWhole: boolean
  readonly bytes: Uint8Array
}

/** The last tallies. Whoever carries them to central takes what it has not sent yet; what nobody took goes, the oldest first. */
export interface TallySource {
  /** Oldest first. */
  held(): readonly OfferedTally[]
  find(boot: string, sequence: number): OfferedTally | undefined
}

export interface TallyRing extends TallySource {
  add(tally: OfferedTally): void
}

export function createTallyRing(): TallyRing {
  const held: OfferedTally[] = []
  let bytes = 0
  return {
    add(tally) {
      held.push(tally)
      bytes += tally.bytes.length
      while (held.length > MAX_HELD || (bytes > MAX_HELD_BYTES && held.length > 1)) bytes -= held.shift()?.bytes.length ?? 0
    },
    held: () => [...held],
    find: (boot, sequence) => held.find((tally) => tally.boot === boot && tally.sequence === sequence),
  }
}

/** The parts of one tally as they are offered: only the last one says that all of it is there. */
export function offeredTallies(parts: readonly Tally[], isWhole: boolean): OfferedTally[] {
  return parts.map((tally, number) => ({
    boot: tally.boot,
    sequence: tally.sequence,
    isWhole: isWhole && number === parts.length - 1,
    bytes: formatTally(tally),
  }))
}
