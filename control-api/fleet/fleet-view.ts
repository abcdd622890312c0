import { type Static, Type } from 'typebox'
import type { FleetVerdictRow } from './fleet-tables.ts'

const instant = Type.String({ format: 'date-time' })
const orNull = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()])

/** A verdict over all edges as it is shown. Nobody here can tell whose account it is: the edges know it by the token. */
export const FleetVerdictView = Type.Object({
  id: Type.String(),
  token: Type.String(),
  facility: orNull(Type.String()),
  rule: Type.String(),
  action: Type.Union([Type.Literal('watch'), Type.Literal('throttle'), Type.Literal('suspend')]),
  state: Type.Union([Type.Literal('held'), Type.Literal('ended'), Type.Literal('released')]),
  at: instant,
  until: Type.String({ format: 'date-time', description: 'when it ends by itself, if the account stays calm' }),
  requests: Type.Integer(),
  subjects: Type.Integer(),
  edges: Type.Integer({ description: 'edges at which the account was seen' }),
  evidence: Type.Object({ vi: Type.String(), en: Type.String() }),
  endedAt: orNull(instant),
  releasedBy: orNull(Type.String()),
  reason: orNull(Type.String()),
})
export type FleetVerdictView = Static<typeof FleetVerdictView>

export function viewOf(row: FleetVerdictRow): FleetVerdictView {
  const { id, token, facility, rule, action, state, requests, subjects, edges } = row
  return {
    id,
    token,
    facility,
    rule,
    action,
    state,
    at: new Date(row.at_ms).toISOString(),
    until: new Date(row.until_ms).toISOString(),
    requests,
    subjects,
    edges,
    evidence: { vi: row.evidence_vi, en: row.evidence_en },
    endedAt: row.ended_at_ms === null ? null : new Date(row.ended_at_ms).toISOString(),
    releasedBy: row.person,
    reason: row.reason,
  }
}
