import { type Static, Type } from 'typebox'
import { GATE_REASON_CODES, GATE_REASONS, type GateReason } from '../../rules/gate/gate-reason.ts'
import type { GateDecision, GateRequest } from '../../rules/gate/gate-request.ts'
import { MaskedAccount } from '../../rules/reports/masked-account.ts'

const count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })

/** What one rule refused or would have refused of one account, function, source and client software. Accounts are masked. */
export const RehearsalRow = Type.Object(
  {
    reason: Type.Unsafe<GateReason>(Type.String({ pattern: `^(${GATE_REASON_CODES.join('|')})$` })),
    province: Type.Union([Type.String({ pattern: '^[0-9]{2}$' }), Type.Null()]),
    facility: Type.Union([Type.String({ pattern: '^[0-9]{5}$' }), Type.Null()]),
    account: Type.Union([MaskedAccount, Type.Null()]),
    function: Type.String({ maxLength: 64 }),
    source: Type.String({ maxLength: 45 }),
    client: Type.String({ maxLength: 80 }),
    /** Requests that were let through and would not have been. */
    would: count,
    /** Requests that were refused. */
    refused: count,
    firstMs: count,
    lastMs: count,
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
}

/** What each rule refuses or would refuse, so that facilities can be told before a date bites. */
export interface RehearsalBook {
  take(request: GateRequest, decision: GateDecision, face: RequestFace): void
  /** The rows themselves: to be read, not kept. */
  all(): SavedRehearsal
  /** Rows held. */
  readonly rows: number
  /** Goes up with each request counted. */
  readonly version: number
}

/** Room is made at most so often: in between, what is new only adds to `unlisted`. */
const SWEEP_MS = 10_000
/** Share of the rows that goes when room is made. */
const SWEPT_SHARE = 0.2

/** @param maxRows where they are used up, those seen least, and of them the longest unseen, make room */
export function createRehearsalBook(maxRows: number, nowMs: number, saved?: SavedRehearsal): RehearsalBook {
  const rows = new Map(
    (saved?.rows ?? []).map((row) => [keyOf(row.reason, row.account, row.function, row.source, row.client), row]),
  )
  const sinceMs = saved?.sinceMs ?? nowMs
  let unlisted = saved?.unlisted ?? 0
  let version = 0
  let sweptMs = Number.NEGATIVE_INFINITY

  function sweep(): void {
    const least = [...rows].sort(([, a], [, b]) => a.would + a.refused - b.would - b.refused || a.lastMs - b.lastMs)
    for (const [key, row] of least.slice(0, Math.ceil(maxRows * SWEPT_SHARE))) {
      rows.delete(key)
      unlisted += row.would + row.refused
    }
  }

  function note(
    reason: GateReason,
    isRefused: boolean,
    request: GateRequest,
    { account = null, province = null, client }: Shown,
  ): void {
    version += 1
    const key = keyOf(reason, account, request.function, request.ip, client)
    let row = rows.get(key)
    if (row === undefined) {
      if (rows.size >= maxRows && Math.abs(request.atMs - sweptMs) >= SWEEP_MS) {
        sweptMs = request.atMs
        sweep()
      }
      if (rows.size >= maxRows) {
        unlisted += 1
        return
      }
      const { facility = null, function: called, ip: source, atMs } = request
      row = {
        reason,
        province,
        facility,
        account,
        function: called,
        source,
        client,
        would: 0,
        refused: 0,
        firstMs: atMs,
        lastMs: atMs,
      }
      rows.set(key, row)
    }
    if (isRefused) row.refused += 1
    else row.would += 1
    if (request.atMs > row.lastMs) row.lastMs = request.atMs
  }

  return {
    take(request, { reason, would }, face) {
      const shown = { account: face.account, province: face.province, client: face.client }
      for (const one of would) note(one, false, request, shown)
      if (reason !== undefined) note(reason, true, request, shown)
    },
    all: () => ({ sinceMs, unlisted, rows: [...rows.values()] }),
    get rows() {
      return rows.size
    },
    get version() {
      return version
    },
  }
}

interface Shown {
  readonly account: string | null | undefined
  readonly province: string | null | undefined
  readonly client: string
}

function keyOf(reason: GateReason, account: string | null, called: string, source: string, client: string): string {
  return `${reason}\n${account ?? ''}\n${called}\n${source}\n${client}`
}

/** The rule that a row speaks of. */
export function ruleOf(row: RehearsalRow): string {
  return GATE_REASONS[row.reason].rule
}
