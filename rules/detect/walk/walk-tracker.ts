/** What an account's walk over numbers looks like. One object is filled again and again. */
export interface WalkFigures {
  /** Persons seen with a block, lately (half-life 12 hours). */
  persons: number
  /** Of those, persons in blocks that hold at least 60 of them: a walk leaves such blocks, honest patients rarely do. */
  densePersons: number
  /** Persons in the fullest block, at least. */
  densest: number
  /** 0 to 30: how surely persons come block after block (a sum of logarithms of likelihood ratios); 15 is sure. */
  orderScore: number
}

export function createWalkFigures(): WalkFigures {
  return { persons: 0, densePersons: 0, densest: 0, orderScore: 0 }
}

/**
 * Sees an ordered or dense walk over numbers, without a number. What it needs of the parser: `subjectBlock`, a keyed hash of the BHXH
 * number divided by 1,000 (32 bits, an integer of either sign, never 0; 0 where the subject is no number), beside `subject`.
 */
export class WalkTracker {
  /** Counts a person whom the account had not looked up lately (`SubjectMemory.recall` was false). */
  add(_slot: number, _block: number, _atMs: number): void {}

  /** Fills `into`. */
  figures(_slot: number, into: WalkFigures): WalkFigures {
    into.persons = 0
    into.densePersons = 0
    into.densest = 0
    into.orderScore = 0
    return into
  }

  /** Forgets an account; its slot may be given to another one. */
  clear(_slot: number): void {}
}
