import type { InStepReason } from './in-step-group.ts'
import { mostUsual } from './pane.ts'

export const MAX_MEMBERS = 64
/** Accounts of one rhythm differ no more than chance makes them: variance by mean, 1 where chance alone is at work. */
const MAX_DISPERSION = 1.3

/** Something that raised accounts share: an address, a block of numbers, a rate. Most have one member, so its lists grow; up to 3 KB. */
export class SharedKey {
  readonly reason: InStepReason
  readonly sinceMs: number
  /** More accounts share it than any operator drives: a vendor's cloud, or the portal came back for everybody. */
  isCrowd = false
  pane: number
  size = 0
  readonly slots: number[] = []
  readonly #facilities: number[] = []
  readonly #generations: number[] = []
  readonly #counts: number[] = []
  readonly #before: number[] = []
  readonly #usual: number[] = []

  constructor(reason: InStepReason, pane: number, sinceMs: number) {
    this.reason = reason
    this.pane = pane
    this.sinceMs = sinceMs
  }

  /** Counts a person of a raised account; `atFirst` persons if the account is new here. */
  add(slot: number, generation: number, facility: number, usualPerHour: number, pane: number, atFirst: number): void {
    if (pane > this.pane) this.#turn(pane)
    let member = 0
    while (member < this.size && this.slots[member] !== slot) member++
    if (member === MAX_MEMBERS) {
      this.isCrowd = true
      return
    }
    const isKnown = member < this.size && this.#generations[member] === generation
    if (member === this.size) this.size++
    if (!isKnown) {
      this.slots[member] = slot
      this.#generations[member] = generation
      this.#facilities[member] = facility
      this.#counts[member] = 0
      this.#before[member] = 0
    }
    this.#usual[member] = usualPerHour
    this.#counts[member] = Math.min(0xffff, (this.#counts[member] as number) + (isKnown ? 1 : atFirst))
  }

  /** Persons of a member in the last two panes. */
  persons(member: number): number {
    return (this.#counts[member] as number) + (this.#before[member] as number)
  }

  /** More persons than this are more than is usual for a member. */
  mostUsual(member: number, atMs: number): number {
    return mostUsual(this.#usual[member] as number, atMs)
  }

  /** Persons in an hour that are usual for a member. */
  usualPerHour(member: number): number {
    return this.#usual[member] as number
  }

  /** Members, by `generationOf` still the same accounts. */
  members(generationOf: (slot: number) => number): number[] {
    return Array.from({ length: this.size }, (_, member) => member).filter(
      (member) => generationOf(this.slots[member] as number) === this.#generations[member],
    )
  }

  /** Of a member: the code as a number, 0 if unknown. */
  facilityOf(member: number): number {
    return this.#facilities[member] as number
  }

  /** Facilities of these members; an account without one counts as one. */
  facilities(members: readonly number[]): number {
    const known = members.map((member) => this.#facilities[member] as number).filter((facility) => facility !== 0)
    return new Set(known).size + (members.length - known.length)
  }

  /** Whether these members saw about equally many. */
  isEven(members: readonly number[]): boolean {
    const mean = members.reduce((sum, member) => sum + this.persons(member), 0) / members.length
    const squares = members.reduce((sum, member) => sum + (this.persons(member) - mean) ** 2, 0)
    return squares / Math.max(1, members.length - 1) <= MAX_DISPERSION * mean
  }

  #turn(pane: number): void {
    const isNext = pane === this.pane + 1
    for (let member = 0; member < this.size; member++) {
      this.#before[member] = isNext ? (this.#counts[member] as number) : 0
      this.#counts[member] = 0
    }
    this.pane = pane
    if (isNext) return
    this.size = 0
    this.isCrowd = false
  }
}
