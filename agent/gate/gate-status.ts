import type { GateReason } from '../../rules/gate/gate-reason.ts'
import type { GateMode, GateRule } from '../../rules/gate/gate-rule.ts'
import type { GatePace } from './answer-pace.ts'

/** The gate as `GET /status` of watch tells it. Counts are since the start. */
export interface GateStatus {
  readonly isListening: boolean
  /** `null`: no signed policy; that of the config or the shipped default holds. */
  readonly policyVersion: number | null
  /** What each rule does now. */
  readonly modes: Readonly<Record<GateRule, GateMode>>
  /** Newest version taken of each document; 0 for none. */
  readonly versions: Readonly<Record<'policy' | 'users' | 'grants' | 'blocks', number>>
  readonly passed: number
  readonly refused: number
  readonly unreadable: number
  /** Requests that HAProxy could not judge: what came of them the line in its configuration says. */
  readonly unjudged: number
  readonly byReason: Readonly<Record<GateReason, { readonly refused: number; readonly would: number }>>
  /** Accounts that flags of this edge, and verdicts over all edges, hold back. */
  readonly flags: number
  readonly verdicts: number
  /** How fast it answers. */
  readonly pace: GatePace
  /** Rows of the rehearsal. */
  readonly rehearsalRows: number
}
