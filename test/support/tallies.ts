import { DistinctSketch } from '../../rules/detect/sketches/distinct-sketch.ts'
import { accountToken } from '../../rules/tallies/account-token.ts'
import { createCounts, type Tally, type TallyEntry } from '../../rules/tallies/tally.ts'
import { hashOfPerson } from './subject-hashes.ts'

const KEY = Buffer.from('a key of the edges that nobody has')

/** The token of a made-up account. */
export function tokenOf(account: string): string {
  return accountToken(account, KEY)
}

/** A sketch of these made-up persons. */
export function sketchOfPersons(persons: Iterable<number>): DistinctSketch {
  const sketch = new DistinctSketch()
  for (const person of persons) {
    const { high, low } = hashOfPerson(person)
    sketch.add(high, low)
  }
  return sketch
}

/** An entry; a test names only what it is about. */
export function anEntry(fields: Partial<TallyEntry> = {}): TallyEntry {
  return {
    token: tokenOf('01234_BV'),
    facility: '01234',
    counts: { ...createCounts(), lookups: 3, newSubjects: 2 },
    subjects: sketchOfPersons([1, 2]),
    sources: sketchOfPersons([900]),
    ...fields,
  }
}

/** A tally of one minute; a test names only what it is about. */
export function aTally(fields: Partial<Tally> = {}): Tally {
  return {
    edge: 'edge-1',
    boot: '0011223344556677',
    sequence: 1,
    keyId: '0a0b0c0d',
    minutes: [{ minute: 29_000_000, entries: [anEntry()] }],
    ...fields,
  }
}
