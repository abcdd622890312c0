import { type Static, Type } from 'typebox'
import { GATE_REASON_CODES, GATE_REASONS, type GateReason } from '../../rules/gate/gate-reason.ts'
import type { GateDecision, GateRequest } from '../../rules/gate/gate-request.ts'
import { MaskedAccount } from '../../rules/reports/masked-account.ts'
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
    client: Type.String({ maxLength: 80 }),
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
  readonly client: string
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
  take(request: GateRequest, decision: GateDecision, face: RequestFace): void
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

/** Room is made at most so often: in between, what is new only adds to `unlisted`. */
const SWEEP_MS = 10_000
/** Share of the rows that goes when room is made. */
const SWEPT_SHARE = 0.2

/**
 * @param maxRows where they are used up, those seen least, and of them the longest unseen, make room
 * @param maxDays days kept of each row
 */
export function createRehearsalBook(
  maxRows: number,
  nowMs: number,
  saved?: SavedRehearsal,
  maxDays: number = MAX_DAYS,
): RehearsalBook {
  /** In the order of their changes. */
  const rows = new Map<string, Held>()
  const sinceMs = saved?.sinceMs ?? nowMs
  let unlisted = saved?.unlisted ?? 0
  let version = 0
  let sweptMs = Number.NEGATIVE_INFINITY
  for (const row of saved?.rows ?? []) {
    version += 1
    renumberDays(row.days, version)
    rows.set(keyOf(row.reason, row.account, row.function, row.source, row.client), { row, changed: version })
  }

  function sweep(): void {
    const least = [...rows].sort(
      ([, { row: a }], [, { row: b }]) => a.would + a.refused - b.would - b.refused || a.lastMs - b.lastMs,
    )
    for (const [key, { row }] of least.slice(0, Math.ceil(maxRows * SWEPT_SHARE))) {
      rows.delete(key)
      unlisted += row.would + row.refused
    }
  }

  function note(reason: GateReason, isRefused: boolean, request: GateRequest, face: RequestFace): void {
    version += 1
    const { account = null, province = null, token = null, client } = face
    const key = keyOf(reason, account, request.function, request.ip, client)
    let held = rows.get(key)
    if (held === undefined) {
      if (rows.size >= maxRows && Math.abs(request.atMs - sweptMs) >= SWEEP_MS) {
        sweptMs = request.atMs
        sweep()
      }
      if (rows.size >= maxRows) {
        unlisted += 1
        return
      }
      const { facility = null, function: called, ip: source, atMs } = request
      const who = { reason, province, facility, account, token, function: called, source, client }
      held = { row: { ...who, would: 0, refused: 0, firstMs: atMs, lastMs: atMs, days: [] }, changed: version }
    } else rows.delete(key)
    rows.set(key, held)
    const { row } = held
    if (isRefused) row.refused += 1
    else row.would += 1
    if (request.atMs > row.lastMs) row.lastMs = request.atMs
    else if (request.atMs < row.firstMs) row.firstMs = request.atMs
    if (token !== null) row.token = token
    held.changed = version
    countDay(row.days, { atMs: request.atMs, isRefused, change: version }, maxDays)
  }

  return {
    take(request, { reason, would }, face) {
      for (const one of would) note(one, false, request, face)
      if (reason !== undefined) note(reason, true, request, face)
    },
    all: () => ({ sinceMs, unlisted, rows: [...rows.values()].map(({ row }) => row) }),
    changedSince(since, most) {
      // A book that was begun anew has counted less: all of it is news.
      const from = since > version ? 0 : since
      const days: ChangedDay[] = []
      let last = from
      for (const { row, changed } of rows.values()) {
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
  readonly row: RehearsalRow
  /** Number of its last change. */
  changed: number
}

function keyOf(reason: GateReason, account: string | null, called: string, source: string, client: string): string {
  return `${reason}\n${account ?? ''}\n${called}\n${source}\n${client}`
}

/** The rule that a row speaks of. */
export function ruleOf(row: RehearsalRow): string {
  return GATE_REASONS[row.reason].rule
}
