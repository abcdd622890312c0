import { type Static, Type } from 'typebox'
import { Opening } from '../lockout/opening.ts'
import { MaskedAccount } from './masked-account.ts'

const at = Type.Union([Type.String({ format: 'date-time' }), Type.Null()])
const digest = Type.String({ pattern: '^([0-9a-f]{64})?$' })

/** What others did to the rules of an edge since its agent started. */
export const DriftFacts = Type.Object(
  {
    listening: Type.Union([Type.Literal('on'), Type.Literal('away'), Type.Literal('off')], {
      description: '`on`: the kernel tells of every change; else the agent looks from time to time',
    }),
    found: Type.Integer({ minimum: 0, description: 'changes of others' }),
    repaired: Type.Integer({ minimum: 0, description: 'repairs; one may answer several changes' }),
    lastAt: at,
    lastKind: Type.Union([Type.String({ maxLength: 32 }), Type.Null()]),
    lastProcess: Type.Union(
      [
        Type.Object({ pid: Type.Integer({ minimum: 0 }), name: Type.String({ maxLength: 64 }) }, { additionalProperties: false }),
        Type.Null(),
      ],
      { description: 'who did it, where the kernel said so' },
    ),
    lastRepairMs: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()], {
      description: 'from hearing of it to the end of the repair',
    }),
    isFought: Type.Boolean({ description: 'another program changes the rules again and again' }),
  },
  { additionalProperties: false },
)
export type DriftFacts = Static<typeof DriftFacts>

/** The last time that an edge read back from its kernel what that really holds. */
export const ProofFacts = Type.Object(
  {
    at: Type.String({ format: 'date-time' }),
    signedDigest: { ...digest, description: 'digest of the signed list that should be in force' },
    kernelDigest: { ...digest, description: 'digest of the elements read back; empty where they are no blocks' },
    agrees: Type.Boolean({ description: 'both digests, and the management prefixes, are the same' }),
    blocks: Type.Integer({ minimum: 0 }),
    tookMs: Type.Integer({ minimum: 0 }),
  },
  { additionalProperties: false },
)
export type ProofFacts = Static<typeof ProofFacts>

/** A source that no list approves: an address and what its packets were, nothing of whoever is behind it. */
export const RefusedSource = Type.Object(
  {
    address: Type.String({ maxLength: 45 }),
    packets: Type.Integer({ minimum: 0 }),
    // Agents before 0.2 do not tell these two.
    firstAt: Type.Optional(Type.String({ format: 'date-time', description: 'listed since, as far as this agent saw it' })),
    lastAt: Type.Optional(Type.String({ format: 'date-time', description: 'its last packet' })),
  },
  { additionalProperties: false },
)
export type RefusedSource = Static<typeof RefusedSource>

/** How many such sources there are in all: the list of them is bounded. */
export const RefusedTotal = Type.Object(
  {
    sources: Type.Integer({ minimum: 0, description: 'sources that the kernel lists, each up to an hour after its last packet' }),
    isFull: Type.Boolean({ description: 'the list of a family has no room left' }),
    unlistedPackets: Type.Integer({
      minimum: 0,
      description: 'packets of strangers that found no room, since the agent started',
    }),
  },
  { additionalProperties: false },
)
export type RefusedTotal = Static<typeof RefusedTotal>

/** What an edge holds of the verdicts over all edges, and its part in them. */
export const FleetFacts = Type.Object(
  {
    version: Type.Integer({ minimum: 0, description: 'of the signed document held; 0 before the first' }),
    publishedAt: at,
    verdicts: Type.Integer({ minimum: 0, description: 'accounts under a verdict now' }),
    seen: Type.Integer({ minimum: 0, description: 'of them, accounts that this edge knows' }),
    lastTallyAt: { ...at, description: 'when central last took what this edge counted' },
  },
  { additionalProperties: false },
)
export type FleetFacts = Static<typeof FleetFacts>

/** Something that is wrong at an edge now. */
export const ReportedFault = Type.Object(
  {
    area: Type.String({ pattern: '^[a-z-]{1,32}$', description: '`watch`, `gate`, or a part of the agent' }),
    code: Type.String({ pattern: '^[A-Z][A-Z0-9_]{0,63}$' }),
    message: Type.String({ maxLength: 1000 }),
    since: Type.String({ format: 'date-time' }),
  },
  { additionalProperties: false },
)
export const MAX_REPORTED_FAULTS = 32

/** What an edge tells central after each pass and at least every few minutes: `POST /v1/reports`. No identifiers of citizens, no secrets. */
export const AgentReport = Type.Object(
  {
    format: Type.Literal('edgeward-report/1'),
    at: Type.String({ format: 'date-time' }),
    agentVersion: Type.String({ maxLength: 32 }),
    revision: Type.Integer({ minimum: 0, description: 'revision in force in the kernel; 0 before the first' }),
    digest: Type.String({ pattern: '^([0-9a-f]{64})?$', description: 'digest in force, empty before the first' }),
    mode: Type.Union([Type.Literal('observe'), Type.Literal('enforce')]),
    backend: Type.String({ maxLength: 16 }),
    lastPull: Type.Object({ triedAt: at, answeredAt: at, verifiedAt: at, appliedAt: at }, { additionalProperties: false }),
    fault: Type.Union([
      Type.Object(
        {
          code: Type.String({ maxLength: 64 }),
          message: Type.String({ maxLength: 1000 }),
          since: Type.String({ format: 'date-time' }),
        },
        { additionalProperties: false },
      ),
      Type.Null(),
    ]),
    // Agents before 0.2 do not tell these three.
    faults: Type.Optional(
      Type.Array(ReportedFault, {
        maxItems: MAX_REPORTED_FAULTS,
        description: 'all that is wrong, also with `watch` and its gate',
      }),
    ),
    drift: Type.Optional(DriftFacts),
    proof: Type.Optional(Type.Union([ProofFacts, Type.Null()])),
    refused: Type.Array(RefusedSource, {
      maxItems: 200,
      description: 'sources refused, or that would be (observe), busiest first',
    }),
    refusedTotal: Type.Optional(RefusedTotal),
    flags: Type.Array(
      Type.Object(
        {
          at: Type.String({ format: 'date-time' }),
          account: MaskedAccount,
          rule: Type.String({ maxLength: 64 }),
          action: Type.String({ maxLength: 16 }),
          requests: Type.Integer({ minimum: 0 }),
          sources: Type.Array(Type.String({ maxLength: 45 }), { maxItems: 8 }),
          taken: Type.Union([Type.Literal('none'), Type.Literal('blocked-source')], {
            description: 'what this edge did about it',
          }),
        },
        { additionalProperties: false },
      ),
      { maxItems: 200 },
    ),
    // Agents before 0.2 do not tell it.
    fleet: Type.Optional(FleetFacts),
    openings: Type.Optional(
      Type.Array(Opening, { maxItems: 32, description: 'sources that a person at the edge let in for a while, past the list' }),
    ),
    host: Type.Object(
      {
        hostname: Type.String({ maxLength: 253 }),
        os: Type.String({ maxLength: 128 }),
        kernel: Type.String({ maxLength: 128 }),
        cpus: Type.Integer({ minimum: 0 }),
        memoryBytes: Type.Integer({ minimum: 0 }),
        freeMemoryBytes: Type.Integer({ minimum: 0 }),
        load1: Type.Number({ minimum: 0 }),
        uptimeS: Type.Number({ minimum: 0 }),
        agentRssBytes: Type.Integer({ minimum: 0 }),
      },
      { additionalProperties: false },
    ),
  },
  { additionalProperties: false },
)
export type AgentReport = Static<typeof AgentReport>
