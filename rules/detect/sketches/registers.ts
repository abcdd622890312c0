import { MAX_RANK } from './cell.ts'

/** Lets a register hold `rank` if that is more than it held. */
export function raise(registers: Uint8Array, at: number, rank: number): void {
  if (rank > (registers[at] as number)) registers[at] = rank
}

/** How many registers hold each rank. */
export function histogramOf(registers: Uint8Array, into: Uint16Array = new Uint16Array(MAX_RANK + 1)): Uint16Array {
  into.fill(0)
  for (const rank of registers) into[rank] = (into[rank] as number) + 1
  return into
}
