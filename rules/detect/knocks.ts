import type { AttributedRequest } from '../requests/attributed-request.ts'
import type { Account } from './account.ts'
import { isLookup } from './is-lookup.ts'
import { readSubjectHash, type SubjectHash } from './sketches/subject-hash.ts'

/** What a refused look-up is worth: of a person; and where nobody is told, so much that ten a minute are harvested, where a system that asks every ten seconds makes six. */
const TOLD_WORTH = 1
const UNTOLD_WORTH = 0.2
/** From an address that is not the facility's it is worth so many times as much: no system of the hospital is there. */
const FOREIGN_WORTH = 25
const FORGIVEN_PER_MINUTE = 2
/** More is forgiven an account that usually sees more: so many times the persons that are usual. */
const FORGIVEN_USUAL = 3
const HARD = 15
const MOST = 40
/** Who is asked for again and again is one person, however often. */
const REMEMBERED = 64

interface Bucket {
  level: number
  atMs: number
  readonly persons: Set<number>
}

/**
 * Whether an account under an action goes on, refused, as a harvest would: two persons a minute, or ten look-ups where nobody is told. A hospital's system that
 * polls with nobody looking asks for the same few, or more slowly, and holds no action up. Whom a refused request names is not remembered as seen: nobody was.
 */
export class Knocks {
  readonly #buckets = new Map<Account, Bucket>()
  readonly #subject: SubjectHash = { high: 0, low: 0 }

  /** A request of the account was refused. */
  note(account: Account, { atMs, class: kind, subject, isProbe }: AttributedRequest): void {
    if (!isLookup(kind) || isProbe) return
    if (subject !== undefined) readSubjectHash(subject, this.#subject)
    const person = subject === undefined ? undefined : this.#subject.low
    const bucket = this.#buckets.get(account) ?? { level: 0, atMs, persons: new Set<number>() }
    this.#buckets.set(account, bucket)
    bucket.level = drained(account, bucket, atMs)
    bucket.atMs = Math.max(bucket.atMs, atMs)
    if (person !== undefined && isAskedAgain(bucket.persons, person)) return
    const worth = (person === undefined ? UNTOLD_WORTH : TOLD_WORTH) * (account.isForeign ? FOREIGN_WORTH : 1)
    bucket.level = Math.min(MOST, bucket.level + worth)
  }

  /** The account asks on as a harvest would. */
  isHard(account: Account, nowMs: number): boolean {
    const bucket = this.#buckets.get(account)
    return bucket !== undefined && drained(account, bucket, nowMs) >= HARD
  }

  /** It asks on, and the log does not tell for whom. */
  isUntold(account: Account): boolean {
    return this.#buckets.get(account)?.persons.size === 0
  }

  /** The action is over. */
  forget(account: Account): void {
    this.#buckets.delete(account)
  }
}

function isAskedAgain(persons: Set<number>, person: number): boolean {
  if (persons.has(person)) return true
  persons.add(person)
  const oldest = persons.size > REMEMBERED ? persons.values().next().value : undefined
  if (oldest !== undefined) persons.delete(oldest)
  return false
}

function drained({ usualPerHour }: Account, { level, atMs }: Bucket, nowMs: number): number {
  const perMinute = Math.max(FORGIVEN_PER_MINUTE, (FORGIVEN_USUAL * usualPerHour) / 60)
  return Math.max(0, level - (Math.max(0, nowMs - atMs) / 60_000) * perMinute)
}
