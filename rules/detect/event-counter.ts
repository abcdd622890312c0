import type { AttributedRequest } from '../requests/attributed-request.ts'
import type { Account } from './account.ts'
import type { AccountDetails, EventKind } from './account-details.ts'
import type { Grants } from './detector-options.ts'
import { isLookup, isSameMiss, type Miss, missOf } from './is-lookup.ts'
import { hasten } from './pace.ts'
import type { EventFloor } from './rules/rule.ts'
import { readSubjectHash, type SubjectHash } from './sketches/subject-hash.ts'
import type { SubjectMemory } from './subject-memory.ts'

export interface CountedEvents {
  readonly details: AccountDetails
  readonly memory: SubjectMemory
  /** Without them, nobody is asked for grants. */
  readonly grants: Grants | undefined
  /** From which counts of an event on a rule may have something to say. */
  readonly floorsOf: (kind: EventKind) => readonly EventFloor[]
}

/** Counts what is no look-up, of accounts that have details; some events give an account its details, and some have rules asked sooner. */
export class EventCounter {
  readonly #counted: CountedEvents
  readonly #subject: SubjectHash = { high: 0, low: 0 }

  constructor(counted: CountedEvents) {
    this.#counted = counted
  }

  /** Counts what a request is, before its look-up is counted. */
  count(account: Account, request: AttributedRequest): void {
    const { details, grants } = this.#counted
    const { atMs, class: kind } = request
    const isUngranted = grants !== undefined && (kind === 'history' || kind === 'record') && !grants.hasGrant(account.name, atMs)
    if (account.details === -1) {
      if (!request.retired && !isUngranted) return
      account.details = details.take(account.slot)
    }
    if (account.isForeign) this.#countOne(account, 'foreign', atMs)
    if (request.retired) this.#countOne(account, 'retired', atMs)
    if (isUngranted) this.#countOne(account, 'ungranted', atMs)
    const miss = isLookup(kind) && !request.isProbe ? missOf(request) : undefined
    if (miss !== undefined && !(miss === 'misses' && this.#isAskedAgain(account, request))) this.#countOne(account, miss, atMs)
  }

  /** Whether one more event of an account with details may have rules asked sooner. */
  isNearFloor(place: number, kind: EventKind): boolean {
    const { details, floorsOf } = this.#counted
    // A window may lose events before the next one is counted, and gains none.
    for (const { window, count } of floorsOf(kind)) if (details.read(place, kind, window) + 1 >= count) return true
    return false
  }

  /**
   * Counts a miss of an account with details that is far from every floor. `subjectLow`: of the person's hash, `undefined` where nobody is told; `isSame` as
   * `isSameMiss` says.
   */
  countMiss(
    slot: number,
    place: number,
    miss: NonNullable<Miss>,
    isSame: boolean,
    subjectLow: number | undefined,
    atMs: number,
  ): void {
    const { details, memory } = this.#counted
    if (miss === 'misses' && isSame && subjectLow !== undefined && memory.knows(slot, subjectLow)) return
    details.count(place, miss, atMs)
  }

  /** A card that is not there is not there when it is asked for again: a monitor that asks for one all day guesses nothing. */
  #isAskedAgain({ slot }: Account, request: AttributedRequest): boolean {
    if (request.subject === undefined || !isSameMiss(request)) return false
    readSubjectHash(request.subject, this.#subject)
    return this.#counted.memory.knows(slot, this.#subject.low)
  }

  #countOne(account: Account, kind: EventKind, atMs: number): void {
    const { details, floorsOf } = this.#counted
    details.count(account.details, kind, atMs)
    for (const { window, count } of floorsOf(kind)) if (details.read(account.details, kind, window) >= count) hasten(account)
  }
}
