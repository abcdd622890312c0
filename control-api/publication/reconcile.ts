import type { FastifyBaseLogger } from 'fastify'
import type { Store } from '../store/store.ts'
import { PublicationError } from './publication-error.ts'
import { cleanRepository, newestTarget, type PublishedTarget, publishedTargets, type RepositoryParts } from './repository.ts'
import type { RepositoryFiles } from './repository-files.ts'
import { adoptRevision, endPrepared, REPAIRER } from './revision-rows.ts'
import { type CurrentMetadata, readCurrent } from './signed-metadata.ts'
import { allowTarget, targetFilePath } from './target-name.ts'

/**
 * Makes database and files agree again after a crash or a restored backup. The files decide, because clients see them: a prepared revision
 * that they hold was published, one that they do not hold failed, and one that the database has forgotten is taken over. Runs under the lock.
 * @throws PublicationError REPOSITORY_BROKEN, NOT_INITIALISED
 */
export async function reconcile(store: Store, parts: RepositoryParts, log: FastifyBaseLogger): Promise<CurrentMetadata> {
  await cleanRepository(parts)
  const current = await readCurrent(parts.files)
  const targets = publishedTargets(current)
  const rows = await store.read((db) => db.selectFrom('revision').select(['revision', 'state', 'document_sha256']).execute())
  for (const row of rows) {
    if (row.state !== 'prepared') continue
    const isOut = targets.some(({ revision, sha256 }) => revision === row.revision && sha256 === row.document_sha256)
    await endPrepared(store, REPAIRER, row.revision, isOut ? 'published' : 'failed')
    log.warn({ revision: row.revision, published: isOut }, 'publication was interrupted and is repaired')
  }
  const known = new Set(rows.map(({ revision }) => revision))
  for (const target of targets.toReversed()) {
    if (known.has(target.revision)) continue
    await adoptRevision(store, await readTarget(parts.files, target))
    log.warn({ revision: target.revision }, 'revision of the signed repository was unknown to the database and is taken over')
  }
  return current
}

/** The newest document that clients see, `undefined` before the first. @throws PublicationError REPOSITORY_BROKEN */
export async function readNewestDocument(files: RepositoryFiles, current: CurrentMetadata): Promise<Buffer | undefined> {
  const newest = newestTarget(current)
  return newest === undefined ? undefined : readTarget(files, newest)
}

/** @throws PublicationError REPOSITORY_BROKEN */
export async function readTarget(files: RepositoryFiles, { revision, sha256 }: PublishedTarget): Promise<Buffer> {
  const path = targetFilePath(allowTarget(revision), sha256)
  const bytes = await files.find(path)
  if (bytes !== undefined) return bytes
  throw new PublicationError(
    'REPOSITORY_BROKEN',
    `Cannot read revision ${revision}: ${path} is missing; restore publication/ from a backup`,
  )
}
