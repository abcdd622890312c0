import { createHash } from 'node:crypto'
import { sideTarget } from '../../rules/documents/side-kind.ts'
import { formatPolicy, parsePolicy, parsePolicySource } from '../../rules/gate/policy-document.ts'
import { hideIdentifiers } from '../../rules/requests/hide-identifiers.ts'
import type { Publisher } from '../publication/publisher.ts'
import { newestSides } from '../publication/repository.ts'
import type { RepositoryFiles } from '../publication/repository-files.ts'
import { readCurrent } from '../publication/signed-metadata.ts'
import { targetFilePath } from '../publication/target-name.ts'
import type { Actor, Store } from '../store/store.ts'

export interface PolicyParts {
  readonly store: Store
  readonly publisher: Publisher
  readonly repository: RepositoryFiles
}

/** The account policy that edges go by: its exact bytes; `undefined` before the first. @throws PublicationError, GateError */
export async function readPolicy(repository: RepositoryFiles): Promise<Uint8Array | undefined> {
  const current = await readCurrent(repository)
  const path = sideTarget('policy', newestSides(current).policy)
  const sha256 = current.targets.targets[path]?.hashes.sha256
  return sha256 === undefined ? undefined : repository.find(targetFilePath(path, sha256))
}

/**
 * Signs the account policy that central IT wrote as YAML, in the place of the one before; one that says the same is not signed again. The order is in the
 * audit log, with the hash of what was written, before any edge can see it.
 * @throws ConfigError with every fault by path, line and column; PublicationError
 */
export async function publishPolicy(
  { store, publisher, repository }: PolicyParts,
  actor: Actor,
  source: string,
  note?: string,
): Promise<{ readonly version: number; readonly isNew: boolean }> {
  const policy = parsePolicySource(source)
  const before = await readPolicy(repository)
  const old = before === undefined ? undefined : parsePolicy(before)
  // Compared as it would be signed: the order of the keys in a file says nothing.
  if (old !== undefined && Buffer.compare(Buffer.from(before ?? []), formatPolicy({ ...old, policy })) === 0)
    return { version: old.version, isNew: false }
  const version = await publisher.publishSide('policy', async (next, publishedAtMs) => {
    const publishedAt = new Date(publishedAtMs).toISOString()
    const bytes = formatPolicy({ format: 'edgeward-policy/1', version: next, publishedAt, policy })
    await store.transact(actor, (tx) =>
      tx.audit({
        action: 'policy.publish',
        target: `policy/${next}`,
        details: {
          documentSha256: createHash('sha256').update(bytes).digest('hex'),
          sourceSha256: createHash('sha256').update(source).digest('hex'),
          ...(note === undefined ? {} : { note: hideIdentifiers(note) }),
        },
      }),
    )
    return bytes
  })
  return { version, isNew: true }
}
