import { type Static, Type } from 'typebox'
import { Opening } from '../../rules/lockout/opening.ts'
import { AgentReport, DriftFacts, FleetFacts, ProofFacts, RefusedTotal } from '../../rules/reports/agent-report.ts'

const closed = { additionalProperties: false } as const
const at = Type.Union([Type.String(), Type.Null()])

/** What the agent knows about itself: the answer of `GET /status`. Times are ISO 8601 (UTC). Nothing here is secret or names a citizen. */
export const AgentStatus = Type.Object(
  {
    format: Type.Literal('edgeward-status/1'),
    at: Type.String(),
    name: Type.String(),
    agentId: Type.Union([Type.String(), Type.Null()]),
    agentVersion: Type.String(),
    startedAt: Type.String(),
    inForce: Type.Union([
      Type.Object(
        {
          revision: Type.Integer({ description: '0: no signed list, only the management prefixes pass' }),
          digest: Type.String(),
          mode: Type.Union([Type.Literal('observe'), Type.Literal('enforce')]),
        },
        closed,
      ),
      Type.Null(),
    ]),
    list: Type.Union([
      Type.Object(
        {
          revision: Type.Integer(),
          publishedAt: Type.String(),
          enforceFrom: at,
          entries: Type.Integer(),
          blocks: Type.Integer(),
          provinces: Type.Integer(),
        },
        closed,
      ),
      Type.Null(),
    ]),
    localHold: Type.Boolean({ description: 'true: the config says observe, whatever the revision says' }),
    backend: Type.Object({ name: Type.String(), reason: Type.String() }, closed),
    lastPull: AgentReport.properties.lastPull,
    faults: Type.Array(
      Type.Object({ area: Type.String(), code: Type.String(), message: Type.String(), since: Type.String() }, closed),
    ),
    drift: DriftFacts,
    proof: Type.Union([ProofFacts, Type.Null()]),
    stream: Type.Union([Type.Literal('connected'), Type.Literal('away')]),
    watch: Type.Union([Type.Literal('connected'), Type.Literal('away')]),
    blocked: Type.Array(
      Type.Object({ address: Type.String(), account: Type.String(), rule: Type.String(), until: Type.String() }, closed),
    ),
    probe: Type.Union(
      [
        Type.Object(
          {
            target: Type.String(),
            at: Type.String(),
            revision: Type.Integer(),
            outcome: Type.Union([
              Type.Literal('passed'),
              Type.Literal('kept', { description: 'the portal failed before the change already' }),
              Type.Literal('went-back'),
              Type.Literal('no-way-back'),
            ]),
            reason: Type.String(),
            isSwitch: Type.Optional(Type.Boolean({ description: 'it followed a switch to enforce, not a new revision' })),
          },
          closed,
        ),
        Type.Null(),
      ],
      { description: 'the last health check after a new revision or a switch to enforce' },
    ),
    heldBack: Type.Array(Type.Object({ revision: Type.Integer(), at: Type.String(), reason: Type.String() }, closed), {
      description: 'revisions that failed the health check here and are not taken again until released',
    }),
    openings: Type.Array(Opening, { description: 'sources that a person at this host let in for a while' }),
    refused: Type.Object({ at, sources: AgentReport.properties.refused, total: RefusedTotal }, closed),
    flags: AgentReport.properties.flags,
    fleet: FleetFacts,
    documents: Type.Object(
      { policy: Type.Integer(), users: Type.Integer(), grants: Type.Integer() },
      { additionalProperties: false, description: 'versions held of the signed documents for the gate, 0 before the first' },
    ),
    lastReportAt: at,
    host: Type.Union([AgentReport.properties.host, Type.Null()]),
  },
  closed,
)
export type AgentStatus = Static<typeof AgentStatus>
