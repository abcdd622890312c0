import type { RuleName } from '../../rules/detect/rule-names.ts'

/** A verdict over all edges. Who is meant stands nowhere: only the edges can tell it from the token. */
export interface FleetVerdictRow {
  id: string
  token: string
  /** Five digits; `null` where the edges do not tell it. */
  facility: string | null
  rule: RuleName
  /** `watch` is only named here and goes to no edge. */
  action: 'watch' | 'throttle' | 'suspend'
  /** `ended` by itself, `released` by a person. */
  state: 'held' | 'ended' | 'released'
  /** When it was last said; the audit log tells since when it holds. */
  at_ms: number
  until_ms: number
  requests: number
  subjects: number
  edges: number
  evidence_vi: string
  evidence_en: string
  ended_at_ms: number | null
  /** Who released it, why, and until when only the absolute limits judge the account. */
  person: string | null
  reason: string | null
  quiet_until_ms: number | null
}

export interface FleetTables {
  fleet_verdict: FleetVerdictRow
}
