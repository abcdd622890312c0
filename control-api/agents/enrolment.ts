import type { EnrolRequest } from '../../rules/reports/enrolment.ts'
import { hashToken } from '../access/hash-token.ts'
import { ControlError } from '../http/control-error.ts'
import type { RepositoryFiles } from '../publication/repository-files.ts'
import { findRootVersion, sha256Hex } from '../publication/signed-metadata.ts'
import type { Actor, Store } from '../store/store.ts'

const HOUR_MS = 3_600_000
/** Hex digits of the root's hash in a token: 128 bits. */
const ROOT_HASH_LENGTH = 32
/** Enrolment has no person yet: the token's maker vouched for it. */
const ENROLLER: Actor = { person: 'enrolment', role: 'system' }

export interface EnrolmentParts {
  readonly store: Store
  readonly repository: RepositoryFiles
  readonly nowMs: number
  readonly randomBytes: (size: number) => Uint8Array
}

/**
 * Makes a one-time enrolment token: `<random>.<first 32 hex digits of the root's SHA-256>`, so that the edge can check the root it is given.
 * It is returned once; only its hash is kept. @throws ControlError CONFLICT where there is no repository
 */
export async function createEnrolmentToken(
  parts: EnrolmentParts,
  actor: Actor,
  hours: number,
): Promise<{ token: string; expiresAtMs: number }> {
  const { store, nowMs, randomBytes, repository } = parts
  const rootVersion = await findRootVersion(repository)
  const root = await readRoot(repository, rootVersion)
  const token = `${Buffer.from(randomBytes(32)).toString('base64url')}.${sha256Hex(root).slice(0, ROOT_HASH_LENGTH)}`
  const sha256 = hashToken(token)
  const expiresAtMs = nowMs + hours * HOUR_MS
  await store.transact(actor, async (tx) => {
    await tx.db
      .insertInto('enrolment_token')
      .values({
        sha256,
        root_version: rootVersion,
        created_by: actor.person,
        created_at_ms: nowMs,
        expires_at_ms: expiresAtMs,
        spent_at_ms: null,
        agent_id: null,
      })
      .execute()
    // The beginning of the hash tells tokens apart in the audit log and cannot be used.
    await tx.audit({ action: 'enrolment-token.add', target: sha256.slice(0, 12), details: { expiresAtMs } })
  })
  return { token, expiresAtMs }
}

/**
 * Spends a token and binds the agent's public key, in one transaction.
 * @throws ControlError UNAUTHENTICATED, TOKEN_SPENT, TOKEN_EXPIRED, NAME_TAKEN
 */
export async function enrolAgent(parts: EnrolmentParts, request: EnrolRequest): Promise<{ agentId: string; root: string }> {
  const { store, nowMs, randomBytes, repository } = parts
  const sha256 = hashToken(request.token)
  const agentId = `agent-${Buffer.from(randomBytes(8)).toString('hex')}`
  const rootVersion = await store.transact(ENROLLER, async (tx) => {
    const token = await tx.db.selectFrom('enrolment_token').selectAll().where('sha256', '=', sha256).executeTakeFirst()
    if (token === undefined) throw new ControlError('UNAUTHENTICATED', 'The enrolment token is not known here.')
    if (token.spent_at_ms !== null)
      throw new ControlError('TOKEN_SPENT', 'The enrolment token was used before; ask for a new one.')
    if (token.expires_at_ms <= nowMs)
      throw new ControlError('TOKEN_EXPIRED', 'The enrolment token has expired; ask for a new one.')
    const namesake = await tx.db
      .selectFrom('agent')
      .select('id')
      .where('name', '=', request.name)
      .where('revoked_at_ms', 'is', null)
      .executeTakeFirst()
    if (namesake !== undefined) {
      throw new ControlError('NAME_TAKEN', `An agent named ${request.name} is enrolled; revoke it first, or take another name.`)
    }
    await tx.db
      .insertInto('agent')
      .values({
        id: agentId,
        name: request.name,
        public_key: request.publicKey,
        enrolled_at_ms: nowMs,
        revoked_at_ms: null,
        revoke_reason: null,
      })
      .execute()
    await tx.db
      .updateTable('enrolment_token')
      .set({ spent_at_ms: nowMs, agent_id: agentId })
      .where('sha256', '=', sha256)
      .execute()
    await tx.audit({
      action: 'agent.enrol',
      target: agentId,
      details: { name: request.name, publicKey: request.publicKey, invitedBy: token.created_by },
    })
    return token.root_version
  })
  return { agentId, root: (await readRoot(repository, rootVersion)).toString('utf8') }
}

async function readRoot(repository: RepositoryFiles, version: number): Promise<Buffer> {
  const root = await repository.find(`metadata/${version}.root.json`)
  if (root === undefined) throw new ControlError('CONFLICT', 'There is no signed repository to trust yet; run control init.')
  return root
}
