import { type Static, Type } from 'typebox'
import { GATE_REASON_CODES, GATE_REASONS, type GateReason } from '../../rules/gate/gate-reason.ts'
import type { GateDecision, GateRequest } from '../../rules/gate/gate-request.ts'
import { MaskedAccount } from '../../rules/reports/masked-account.ts'
import { LinkedOrder, type OrderLink } from './linked-order.ts'
import { countDay, DAY_WIDTH, daysAfter, renumberDays, type TimedDay } from './rehearsal-days.ts'

/** Days kept of each row; what was counted before them stands in its sums alone. */
const MAX_DAYS = 31
/** More than any log that is read at once. */
const MOST_DAYS = 1000
const count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })

/** What one rule refused or would have refused of one account, function, source and client software. Accounts are masked. */
export const RehearsalRow = Type.Object(
  {
    reason: Type.Unsafe<GateReason>(Type.String({ pattern: `^(${GATE_REASON_CODES.join('|')})$` })),
    province: Type.Union([Type.String({ pattern: '^[0-9]{2}$' }), Type.Null()]),
    facility: Type.Union([Type.String({ pattern: '^[0-9]{5}$' }), Type.Null()]),
    account: Type.Union([MaskedAccount, Type.Null()]),
    /** The account as signed lists name it; `null` for none, and for one that names no person. */
    token: Type.Union([Type.String({ pattern: '^[a-p]{16}$' }), Type.Null()]),
    function: Type.String({ maxLength: 64 }),
    source: Type.String({ maxLength: 45 }),
    /** Empty where the client named none, `null` where a log of the past does not tell. */
    client: Type.Union([Type.String({ maxLength: 80 }), Type.Null()]),
    /** Requests that were let through and would not have been. */
    would: count,
    /** Requests that were refused. */
    refused: count,
    firstMs: count,
    lastMs: count,
    /** `PackedDays` */
    days: Type.Array(count, { maxItems: MOST_DAYS * DAY_WIDTH }),
  },
  { additionalProperties: false },
)
export type RehearsalRow = Static<typeof RehearsalRow>

export interface SavedRehearsal {
  /** Since when it counts. */
  readonly sinceMs: number
  /** Requests for which there was no room. */
  readonly unlisted: number
  readonly rows: readonly RehearsalRow[]
}

/** Who stands behind a request, as it may be shown. */
export interface RequestFace {
  readonly account: string | undefined
  readonly province: string | undefined
  readonly client: string | null
  /** As signed lists name it; central hears of a named account by this. */
  readonly token?: string | undefined
}

/** A row and one of its days, for central. */
export interface ChangedDay {
  readonly row: RehearsalRow
  readonly day: TimedDay
}

/** What each rule refuses or would refuse, so that facilities can be told before a date bites. */
export interface RehearsalBook {
  /** @param times requests that are alike, 1 if nobody says */
  take(request: GateRequest, decision: GateDecision, face: RequestFace, times?: number): void
  /** The rows themselves: to be read, not kept. */
  all(): SavedRehearsal
  /**
   * Days that were counted on after change number `since`, oldest change first, about `most` of them; `change` is the number to ask with next. A book that is
   * opened anew begins its numbers anew, and all of it is news.
   */
  changedSince(since: number, most: number): { readonly change: number; readonly days: readonly ChangedDay[] }
  /** Rows held. */
  readonly rows: number
  /** Goes up with each request counted. */
  readonly version: number
}

/**
 * @param maxRows where they are used up, each new one takes the place of one of those seen least (to the power of two), of them the longest unseen
 * @param maxDays days kept of each row
 */
export function createRehearsalBook(
  maxRows: number,
  nowMs: number,
  saved?: SavedRehearsal,
  maxDays: number = MAX_DAYS,
): RehearsalBook {
  const rows = new Map<string, Held>()
  const byChange = new LinkedOrder<Held>()
  /** Those seen once, two or three times, four to seven times and so on, each in the order of their changes. */
  const bySeen: LinkedOrder<Held>[] = []
  const sinceMs = saved?.sinceMs ?? nowMs
  let unlisted = saved?.unlisted ?? 0
  let version = 0
  for (const row of saved?.rows ?? []) {
    version += 1
    renumberDays(row.days, version)
    hold(keyOf(row.reason, row.account, row.function, row.source, row.client), row)
  }

  function hold(key: string, row: RehearsalRow): void {
    const held: Held = { key, row, changed: version, inChanges: undefined, inSeen: undefined, rank: 0 }
    rows.set(key, held)
    place(held)
  }

  /** Puts a row behind all others that were changed, and that were seen as often. */
  function place(held: Held): void {
    takeOut(held)
    held.changed = version
    held.rank = 31 - Math.clz32(Math.min(held.row.would + held.row.refused, 2 ** 31) | 1)
    held.inChanges = byChange.add(held)
    const order = bySeen[held.rank] ?? new LinkedOrder<Held>()
    bySeen[held.rank] = order
    held.inSeen = order.add(held)
  }

  function takeOut({ inChanges, inSeen, rank }: Held): void {
    if (inChanges !== undefined) byChange.remove(inChanges)
    if (inSeen !== undefined) bySeen[rank]?.remove(inSeen)
  }

  function makeRoom(): void {
    const least = bySeen.find((order) => order?.first !== undefined)?.first
    if (least === undefined) return
    takeOut(least)
    rows.delete(least.key)
    unlisted += least.row.would + least.row.refused
  }

  function note(reason: GateReason, isRefused: boolean, request: GateRequest, face: RequestFace, times: number): void {
    version += 1
    const { account = null, province = null, token = null, client } = face
    const key = keyOf(reason, account, request.function, request.ip, client)
    if (!rows.has(key)) {
      if (rows.size >= maxRows) makeRoom()
      const { facility = null, function: called, ip: source, atMs } = request
      const who = { reason, province, facility, account, token, function: called, source, client }
      hold(key, { ...who, would: 0, refused: 0, firstMs: atMs, lastMs: atMs, days: [] })
    }
    const held = rows.get(key) as Held
    const { row } = held
    if (isRefused) row.refused += times
    else row.would += times
    if (request.atMs > row.lastMs) row.lastMs = request.atMs
    else if (request.atMs < row.firstMs) row.firstMs = request.atMs
    if (token !== null) row.token = token
    place(held)
    countDay(row.days, { atMs: request.atMs, isRefused, times, change: version }, maxDays)
  }

  return {
    take(request, { reason, would }, face, times = 1) {
      for (const one of would) note(one, false, request, face, times)
      if (reason !== undefined) note(reason, true, request, face, times)
    },
    all: () => ({ sinceMs, unlisted, rows: Array.from(byChange, ({ row }) => row) }),
    changedSince(since, most) {
      // A book that was begun anew has counted less: all of it is news.
      const from = since > version ? 0 : since
      const days: ChangedDay[] = []
      let last = from
      for (const { row, changed } of byChange) {
        if (changed <= from) continue
        if (days.length >= most) return { change: last, days }
        days.push(...daysAfter(row.days, from).map((day) => ({ row, day })))
        last = changed
      }
      return { change: version, days }
    },
    get rows() {
      return rows.size
    },
    get version() {
      return version
    },
  }
}

interface Held {
  readonly key: string
  readonly row: RehearsalRow
  /** Number of its last change. */
  changed: number
  inChanges: OrderLink<Held> | undefined
  inSeen: OrderLink<Held> | undefined
  /** Which order of `bySeen` it stands in. */
  rank: number
}

function keyOf(reason: GateReason, account: string | null, called: string, source: string, client: string | null): string {
  return `${reason}\n${account ?? ''}\n${called}\n${source}${client === null ? '' : `\n${client}`}`
}

/** The rule that a row speaks of. */
export function ruleOf(row: RehearsalRow): string {
  return GATE_REASONS[row.reason].rule
}
