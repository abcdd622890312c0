import { DistinctSketch } from '../detect/sketches/distinct-sketch.ts'
import { createCounts, TALLY_COUNTS, type TallyCounts, type TallyEntry } from './tally.ts'

/** What one account did, added up over edges and minutes. */
export class TallySum {
  facility: string | undefined
  readonly counts: TallyCounts = createCounts()
  /** Of the look-ups, those in minutes of edges whose log tells no person. */
  untold = 0
  readonly sources = new DistinctSketch()
  /** By the key and the day under which persons were hashed: only sketches of the same ones can be joined. */
  readonly subjects = new Map<string, DistinctSketch>()

  /** Adds one minute of one edge. */
  addEntry(entry: TallyEntry, epoch: string): void {
    this.facility = oneFacility(this.facility, entry.facility)
    for (const name of TALLY_COUNTS) this.counts[name] += entry.counts[name]
    if (entry.subjects.isEmpty) this.untold += entry.counts.lookups
    this.sources.join(entry.sources)
    this.#subjectsOf(epoch).join(entry.subjects)
  }

  /** Adds another sum. */
  addSum(other: TallySum): void {
    this.facility = oneFacility(this.facility, other.facility)
    for (const name of TALLY_COUNTS) this.counts[name] += other.counts[name]
    this.untold += other.untold
    this.sources.join(other.sources)
    for (const [epoch, subjects] of other.subjects) this.#subjectsOf(epoch).join(subjects)
  }

  /** Distinct persons; one seen under two keys counts twice. */
  persons(): number {
    let persons = 0
    for (const sketch of this.subjects.values()) persons += sketch.estimate()
    return persons
  }

  #subjectsOf(epoch: string): DistinctSketch {
    const held = this.subjects.get(epoch)
    if (held !== undefined) return held
    const fresh = new DistinctSketch()
    this.subjects.set(epoch, fresh)
    return fresh
  }
}

/** The facility of an account that two name; the smaller one if they contradict each other, so that no order matters. */
export function oneFacility(one: string | undefined, other: string | undefined): string | undefined {
  if (one === undefined || other === undefined) return one ?? other
  return one < other ? one : other
}
