import { joined } from '../detect/sketches/distinct-sketch.ts'
import { SenderRecord } from './sender-record.ts'
import { MINUTE_MS, TALLY_COUNTS, type Tally, type TallyEntry } from './tally.ts'
import { oneFacility, TallySum } from './tally-sum.ts'

export interface FleetTalliesOptions {
  /** Minutes in which late tallies still count; 15 unless told. */
  readonly openMinutes?: number
  /** Minutes that an edge's clock may be ahead; 2 unless told. */
  readonly aheadMinutes?: number
  /** Starts of edges remembered; 4,096 unless told. */
  readonly maxSenders?: number
  /** Hard cap on the parts held (an account in a minute of an edge, or in a closed bucket), some 300 bytes each; 1,000,000 unless told. */
  readonly maxParts?: number
}

/** What became of a tally. */
export interface TallyReceipt {
  /** Minutes taken in. */
  readonly taken: number
  /** Minutes that came too late or from the future. */
  readonly refused: number
  /** Tallies of this start of the edge that have not come: it should send all it holds (`TallyBook.take(true)`). */
  readonly missing: number
}

/** Sums older than the open minutes, coarser and coarser: minutes in a bucket, and minutes for which it is kept. */
const LEVELS = [
  { minutes: 10, keep: 80 },
  { minutes: 60, keep: 1_500 },
] as const
/** The last quarter of the room is for edges that hold little in open minutes, and did: one that is flooded, or broken, takes nothing from the others. */
const SHARED_ROOM = 0.75
const LITTLE = 1 / 8
const FLOODED_MINUTES = 120
/** Where room is short, accounts with fewer look-ups in ten minutes are forgotten when these become part of an hour: invented names have no more. */
const WORTH_KEEPING = [
  { from: 0.75, lookups: 10 },
  { from: 0.5, lookups: 3 },
] as const
const PORTAL_OFFSET_MINUTES = 7 * 60
const DAY_MINUTES = 1_440
const HOUR_MINUTES = 60

type Sums = Map<string, TallySum>

/**
 * The sum over all edges. Within the open minutes what an edge says of an account is joined with what it said before (the larger count, the joined sketch), so that the
 * order of tallies, doubles and delays change nothing; different edges, and different starts of an edge, are added. Minutes that are
 * closed are added up by 10 minutes and by hours, for 25 hours.
 */
export class FleetTallies {
  readonly #openMinutes: number
  readonly #aheadMinutes: number
  readonly #maxSenders: number
  readonly #maxParts: number
  /** By minute, account, and start of an edge. */
  readonly #open = new Map<number, Map<string, Map<string, TallyEntry>>>()
  readonly #closed: readonly Map<number, Sums>[] = LEVELS.map(() => new Map())
  readonly #senders = new Map<string, SenderRecord>()
  /** Parts of open minutes, by edge. */
  readonly #openOf = new Map<string, number>()
  /** Edges that wanted more than little of the last quarter, and when they did last. */
  readonly #floodedAt = new Map<string, number>()
  #now = 0
  #parts = 0
  /** Parts for which there was no room. */
  dropped = 0
  /** Minutes of tallies that came too late or from the future. */
  refused = 0

  constructor(options: FleetTalliesOptions = {}) {
    this.#openMinutes = options.openMinutes ?? 15
    this.#aheadMinutes = options.aheadMinutes ?? 2
    this.#maxSenders = options.maxSenders ?? 4_096
    this.#maxParts = options.maxParts ?? 1_000_000
  }

  /** Parts held now. */
  get parts(): number {
    return this.#parts
  }

  /** The edges that named the account in the open minutes. */
  edgesOf(token: string): ReadonlySet<string> {
    const edges = new Set<string>()
    for (const accounts of this.#open.values()) for (const sender of accounts.get(token)?.keys() ?? []) edges.add(edgeOf(sender))
    return edges
  }

  /** What all edges said of one account in one open minute. */
  minuteOf(token: string, minute: number): TallySum {
    const sum = new TallySum()
    for (const [sender, entry] of this.#open.get(minute)?.get(token) ?? []) sum.addEntry(entry, epochOf(sender, minute))
    return sum
  }

  /** Takes a tally in. `isWhole`: it holds all that its edge still held, so that what was missing before it is made good. */
  take(tally: Tally, nowMs: number, isWhole = false): TallyReceipt {
    this.advance(nowMs)
    const sender = `${tally.edge} ${tally.boot} ${tally.keyId}`
    const record = this.#recordOf(sender)
    if (isWhole) record.makeGood(tally.sequence)
    else record.note(tally.sequence)
    let taken = 0
    for (const { minute, entries } of tally.minutes) {
      if (minute <= this.#now - this.#openMinutes || minute > this.#now + this.#aheadMinutes) continue
      taken++
      for (const entry of entries) this.#join(minute, entry, sender)
    }
    const refused = tally.minutes.length - taken
    this.refused += refused
    return { taken, refused, missing: record.missing }
  }

  /** Moves time on: closes minutes and forgets what is a day old. */
  advance(nowMs: number): void {
    const now = Math.floor(nowMs / MINUTE_MS)
    if (now <= this.#now) return
    this.#now = now
    for (const [edge, minute] of this.#floodedAt) if (now - minute >= FLOODED_MINUTES) this.#floodedAt.delete(edge)
    for (const [minute, accounts] of this.#open) {
      if (minute > now - this.#openMinutes) continue
      this.#open.delete(minute)
      const sums = this.#bucketOf(0, minute)
      for (const [token, bySender] of accounts) {
        this.#parts -= bySender.size
        const sum = this.#sumIn(sums, token)
        for (const [sender, entry] of bySender) {
          this.#countOpen(edgeOf(sender), -1)
          sum.addEntry(entry, epochOf(sender, minute))
        }
      }
    }
    for (const [level, { minutes, keep }] of LEVELS.entries()) {
      const buckets = this.#closed[level] as Map<number, Sums>
      for (const [bucket, sums] of buckets) {
        if ((bucket + 1) * minutes > now - keep) continue
        buckets.delete(bucket)
        this.#parts -= sums.size
        if (level + 1 === LEVELS.length) continue
        const coarser = this.#bucketOf(level + 1, bucket * minutes)
        for (const [token, sum] of sums)
          if (coarser.has(token) || sum.counts.lookups >= this.#worth()) this.#sumIn(coarser, token).addSum(sum)
      }
    }
  }

  /** Every account's sum over the last `minutes` up to `nowMs`, at most 1,440; parts that are closed reach back up to one bucket further. */
  sums(minutes: number, nowMs: number): ReadonlyMap<string, TallySum> {
    const tokens = new Set<string>()
    const oldest = Math.floor(nowMs / MINUTE_MS) - minutes
    for (const [minute, accounts] of this.#open) if (minute > oldest) for (const token of accounts.keys()) tokens.add(token)
    for (const sums of this.#closedAfter(oldest)) for (const token of sums.keys()) tokens.add(token)
    return new Map(Array.from(tokens, (token) => [token, this.sum(token, minutes, nowMs)]))
  }

  /** The sum of one account; of nothing that may be from minute `until` or before, if that is told. */
  sum(token: string, minutes: number, nowMs: number, until = -1): TallySum {
    const oldest = Math.max(until, Math.floor(nowMs / MINUTE_MS) - minutes)
    const sum = new TallySum()
    for (const [minute, accounts] of this.#open) {
      if (minute <= oldest) continue
      for (const [sender, entry] of accounts.get(token) ?? []) sum.addEntry(entry, epochOf(sender, minute))
    }
    for (const sums of this.#closedAfter(oldest, until)) {
      const part = sums.get(token)
      if (part !== undefined) sum.addSum(part)
    }
    return sum
  }

  /** What all edges said of one account in a whole hour, given by its first minute, once none of its minutes is open any more. */
  closedHour(token: string, firstMinute: number): TallySum {
    const sum = new TallySum()
    for (const [level, { minutes }] of LEVELS.entries())
      for (let minute = firstMinute; minute < firstMinute + HOUR_MINUTES; minute += minutes) {
        const part = this.#closed[level]?.get(Math.floor(minute / minutes))?.get(token)
        if (part !== undefined) sum.addSum(part)
      }
    return sum
  }

  /** The accounts of closed minutes from this one on, each with its facility as far as it is told. */
  tokensSince(minute: number): ReadonlyMap<string, string | undefined> {
    const tokens = new Map<string, string | undefined>()
    for (const sums of this.#closedAfter(minute - 1))
      for (const [token, { facility }] of sums) tokens.set(token, oneFacility(tokens.get(token), facility))
    return tokens
  }

  /** Look-ups of one account, without the work of joining sketches. */
  lookups(token: string, minutes: number, nowMs: number): number {
    const oldest = Math.floor(nowMs / MINUTE_MS) - minutes
    let lookups = 0
    for (const [minute, accounts] of this.#open) {
      if (minute <= oldest) continue
      for (const entry of accounts.get(token)?.values() ?? []) lookups += entry.counts.lookups
    }
    for (const sums of this.#closedAfter(oldest)) lookups += sums.get(token)?.counts.lookups ?? 0
    return lookups
  }

  *#closedAfter(oldest: number, until = -1): Generator<Sums> {
    for (const [level, { minutes }] of LEVELS.entries())
      for (const [bucket, sums] of this.#closed[level] as Map<number, Sums>)
        if ((bucket + 1) * minutes - 1 > oldest && bucket * minutes > until) yield sums
  }

  #join(minute: number, entry: TallyEntry, sender: string): void {
    const accounts = this.#open.get(minute) ?? new Map<string, Map<string, TallyEntry>>()
    this.#open.set(minute, accounts)
    const bySender = accounts.get(entry.token) ?? new Map<string, TallyEntry>()
    const held = bySender.get(sender)
    if (held === undefined) {
      const edge = edgeOf(sender)
      if (!this.#hasRoom(edge)) {
        this.dropped++
        return
      }
      this.#parts++
      this.#countOpen(edge, 1)
    }
    accounts.set(entry.token, bySender)
    bySender.set(sender, held === undefined ? copyOf(entry) : joinedEntries(held, entry))
  }

  #hasRoom(edge: string): boolean {
    if (this.#parts < this.#maxParts * SHARED_ROOM) return true
    if ((this.#openOf.get(edge) ?? 0) >= this.#maxParts * LITTLE) this.#floodedAt.set(edge, this.#now)
    const isFlooded = this.#now - (this.#floodedAt.get(edge) ?? Number.NEGATIVE_INFINITY) < FLOODED_MINUTES
    return this.#parts < this.#maxParts && !isFlooded
  }

  #countOpen(edge: string, more: 1 | -1): void {
    const parts = (this.#openOf.get(edge) ?? 0) + more
    if (parts > 0) this.#openOf.set(edge, parts)
    else this.#openOf.delete(edge)
  }

  /** Look-ups in ten minutes from which an account is kept for longer. */
  #worth(): number {
    return WORTH_KEEPING.find(({ from }) => this.#parts > this.#maxParts * from)?.lookups ?? 0
  }

  #bucketOf(level: number, minute: number): Sums {
    const buckets = this.#closed[level] as Map<number, Sums>
    const bucket = Math.floor(minute / (LEVELS[level] as (typeof LEVELS)[number]).minutes)
    const held = buckets.get(bucket)
    if (held !== undefined) return held
    const fresh: Sums = new Map()
    buckets.set(bucket, fresh)
    return fresh
  }

  /** Closed minutes always find room: they take less than the open ones they were made of. */
  #sumIn(sums: Sums, token: string): TallySum {
    const held = sums.get(token)
    if (held !== undefined) return held
    const fresh = new TallySum()
    sums.set(token, fresh)
    this.#parts++
    return fresh
  }

  #recordOf(sender: string): SenderRecord {
    const held = this.#senders.get(sender)
    const record = held ?? new SenderRecord()
    this.#senders.delete(sender)
    this.#senders.set(sender, record)
    const oldest = this.#senders.size > this.#maxSenders ? this.#senders.keys().next().value : undefined
    if (oldest !== undefined) this.#senders.delete(oldest)
    return record
  }
}

function edgeOf(sender: string): string {
  return sender.slice(0, sender.indexOf(' '))
}

/** Persons are hashed under a key of the day in the portal's zone, derived from that of the edge. */
function epochOf(sender: string, minute: number): string {
  const keyId = sender.slice(sender.lastIndexOf(' ') + 1)
  return `${keyId} ${Math.floor((minute + PORTAL_OFFSET_MINUTES) / DAY_MINUTES)}`
}

function copyOf(entry: TallyEntry): TallyEntry {
  return { ...entry, counts: { ...entry.counts }, subjects: joined(entry.subjects), sources: joined(entry.sources) }
}

function joinedEntries(held: TallyEntry, entry: TallyEntry): TallyEntry {
  const counts = { ...held.counts }
  for (const name of TALLY_COUNTS) counts[name] = Math.max(counts[name], entry.counts[name])
  return {
    token: held.token,
    facility: oneFacility(held.facility, entry.facility),
    counts,
    subjects: joined(held.subjects, entry.subjects),
    sources: joined(held.sources, entry.sources),
  }
}
