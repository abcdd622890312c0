import { type Static, Type } from 'typebox'
import { Opening } from '../../rules/lockout/opening.ts'
import { type AgentReport, DriftFacts, ReportedFault } from '../../rules/reports/agent-report.ts'
import { hideIdentifiers } from '../../rules/requests/hide-identifiers.ts'
import { ControlError } from '../http/control-error.ts'
import type { ReportLog } from '../reports/report-log.ts'
import type { Actor, Store } from '../store/store.ts'

const instant = Type.String({ format: 'date-time' })
const orNull = <const T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()])

export const AgentView = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    enrolledAt: instant,
    revokedAt: orNull(instant),
    revokeReason: orNull(Type.String()),
    lastReportAt: orNull(instant),
    revision: orNull(Type.Integer({ description: 'in force in its kernel, as it last said' })),
    agrees: orNull(Type.Boolean({ description: 'its digest is the one that was signed under this revision' })),
    signedDigest: orNull(Type.String({ description: 'what was signed under its revision' })),
    claimedDigest: orNull(Type.String({ description: 'what it says to have in force' })),
    kernelDigest: orNull(Type.String({ description: 'what it last read back from its kernel' })),
    proof: orNull(
      Type.Union([Type.Literal('agrees'), Type.Literal('differs'), Type.Literal('stale')], {
        description: 'whether all three are the same; `stale`: another revision came into force since it was read back',
      }),
    ),
    provedAt: orNull(instant),
    drift: orNull(DriftFacts),
    isCurrent: orNull(Type.Boolean({ description: 'it enforces the newest revision' })),
    blocks: orNull(
      Type.Object(
        {
          version: Type.Integer({
            description: 'of the verdicts over all edges that it holds, as it last said; 0 before the first',
          }),
          isCurrent: Type.Boolean({ description: 'they are the newest ones' }),
        },
        { description: '`null`: it says nothing of them' },
      ),
    ),
    mode: orNull(Type.String()),
    agentVersion: orNull(Type.String()),
    fault: orNull(Type.Object({ code: Type.String(), message: Type.String(), since: instant })),
    faults: orNull(
      Type.Array(ReportedFault, {
        description: 'all that is wrong there, also with `watch` and its gate; `null`: it does not say',
      }),
    ),
    refused: Type.Integer({ description: 'sources refused, or that would be, in its last report' }),
    flags: Type.Integer({ description: 'flagged accounts in its last report' }),
    openings: Type.Array(Opening, { description: 'sources that a person at the edge let in past the list, in its last report' }),
  },
  { title: 'Agent' },
)
export type AgentView = Static<typeof AgentView>

/** The newest that is signed: of the lists, and of the verdicts over all edges (0 before the first). */
export interface NewestSigned {
  readonly revision: number
  readonly blocks: number
}

/** Every agent with what it last said, by name. */
export async function listAgents(store: Store, reports: ReportLog, newest: NewestSigned): Promise<AgentView[]> {
  const { agents, digests } = await store.read(async (db) => ({
    agents: await db.selectFrom('agent').selectAll().orderBy('name').orderBy('enrolled_at_ms').execute(),
    digests: await db.selectFrom('revision').select(['revision', 'digest']).where('state', '=', 'published').execute(),
  }))
  const signed = new Map(digests.map(({ revision, digest }) => [revision, digest]))
  const last = await reports.lastOfEach()
  return agents.map((agent): AgentView => {
    const stored = last.get(agent.id)
    const report = stored?.report
    return {
      id: agent.id,
      name: agent.name,
      enrolledAt: isoOf(agent.enrolled_at_ms),
      revokedAt: agent.revoked_at_ms === null ? null : isoOf(agent.revoked_at_ms),
      revokeReason: agent.revoke_reason,
      lastReportAt: stored === undefined ? null : isoOf(stored.receivedAtMs),
      revision: report?.revision ?? null,
      agrees: report === undefined || report.revision === 0 ? null : signed.get(report.revision) === report.digest,
      ...proofOf(report, signed),
      drift: report?.drift ?? null,
      isCurrent: report === undefined ? null : report.revision === newest.revision,
      blocks: report?.fleet === undefined ? null : blocksOf(report.fleet.version, newest),
      mode: report?.mode ?? null,
      agentVersion: report?.agentVersion ?? null,
      fault: report?.fault ?? null,
      faults: report?.faults ?? null,
      refused: report?.refused.length ?? 0,
      flags: report?.flags.length ?? 0,
      openings: report?.openings ?? [],
    }
  })
}

function blocksOf(version: number, { blocks }: NewestSigned): NonNullable<AgentView['blocks']> {
  return { version, isCurrent: version === blocks }
}

type ProofView = Pick<AgentView, 'signedDigest' | 'claimedDigest' | 'kernelDigest' | 'proof' | 'provedAt'>

/** The edge's own word that they agree is not taken: the digests are compared here. */
function proofOf(report: AgentReport | undefined, signed: ReadonlyMap<number, string>): ProofView {
  const nothing: ProofView = { signedDigest: null, claimedDigest: null, kernelDigest: null, proof: null, provedAt: null }
  if (report === undefined || report.revision === 0) return nothing
  const signedDigest = signed.get(report.revision) ?? null
  const found = { ...nothing, signedDigest, claimedDigest: report.digest }
  const { proof } = report
  if (proof === undefined || proof === null) return { ...found, proof: report.digest === signedDigest ? null : 'differs' }
  const { kernelDigest, at, agrees } = proof
  const isSame = agrees && kernelDigest === signedDigest && report.digest === signedDigest
  // It read back what another revision asked for, and that was right.
  const isStale = agrees && report.digest === signedDigest && proof.signedDigest !== signedDigest
  return { ...found, kernelDigest, provedAt: at, proof: isSame ? 'agrees' : isStale ? 'stale' : 'differs' }
}

/** Takes an agent's access away, at once and for good. @throws ControlError NOT_FOUND, CONFLICT */
export async function revokeAgent(store: Store, actor: Actor, id: string, why: string, nowMs: number): Promise<void> {
  const reason = hideIdentifiers(why)
  await store.transact(actor, async (tx) => {
    const agent = await tx.db.selectFrom('agent').select(['name', 'revoked_at_ms']).where('id', '=', id).executeTakeFirst()
    if (agent === undefined) throw new ControlError('NOT_FOUND', `There is no agent ${id}.`)
    if (agent.revoked_at_ms !== null) throw new ControlError('CONFLICT', `The agent ${agent.name} is revoked already.`)
    await tx.db.updateTable('agent').set({ revoked_at_ms: nowMs, revoke_reason: reason }).where('id', '=', id).execute()
    await tx.audit({ action: 'agent.revoke', target: id, details: { name: agent.name, reason } })
  })
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString()
}
