import type { GateReason } from '../../rules/gate/gate-reason.ts'

/** What one rule refused or would have refused on one day, as one edge told it last. */
export interface RehearsalCountRow {
  /** Days since 1970 in Asia/Ho_Chi_Minh. */
  day: number
  agent_id: string
  reason: GateReason
  /** Five digits; empty where the account names none. */
  facility: string
  /** One that names no person as it is, any other by its token; empty for none. */
  account: string
  function: string
  source: string
  /** By User-Agent, without identifiers. */
  client: string
  /** As the edge told it, by which its gate judges exemptions; empty for none. */
  province: string
  /** The province that manages the facility, by its registrations where it has any, under its number of today; empty for none. */
  managing: string
  would: number
  refused: number
  first_ms: number
  last_ms: number
}

/** What an edge said of itself on one day. */
export interface RehearsalEdgeRow {
  day: number
  agent_id: string
  told_at_ms: number
  /** Version of the signed policy that it went by; `null`: its own. */
  policy: number | null
  /** Rules that counted there at some time of the day, with spaces between. */
  judged: string
  /** Requests for which its book had no room, since it was begun. */
  unlisted: number
  /** Rows of the day, and counts for which there was no room here. */
  counts: number
  dropped: number
}

export interface RehearsalTables {
  rehearsal_count: RehearsalCountRow
  rehearsal_edge: RehearsalEdgeRow
}
