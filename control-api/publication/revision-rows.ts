import type { Kysely } from 'kysely'
import type { AllowHeader } from '../../rules/revisions/allow-document.ts'
import { parseAllowDocument } from '../../rules/revisions/parse-allow-document.ts'
import type { Actor, Store } from '../store/store.ts'
import type { Tables } from '../store/tables.ts'
import type { PreparedRevision } from './prepare-revision.ts'
import type { RevisionRow } from './publication-tables.ts'
import { sha256Hex } from './signed-metadata.ts'

/** Who repairs after a crash. */
export const REPAIRER: Actor = { person: 'control-api', role: 'system' }

/** Highest number ever given out by this database, 0 before the first. */
export async function highestRevision(db: Kysely<Tables>): Promise<number> {
  const row = await db
    .selectFrom('revision')
    .select((eb) => eb.fn.max('revision').as('highest'))
    .executeTakeFirst()
  return row?.highest ?? 0
}

/** The order to publish, audited before any file changes; the approval that confirms a shrink is used up with it. */
export async function insertPrepared(
  store: Store,
  actor: Actor,
  prepared: PreparedRevision,
  note: string | undefined,
): Promise<void> {
  const { revision } = prepared.header
  await store.transact(actor, async (tx) => {
    await tx.db
      .insertInto('revision')
      .values({
        ...rowOf(prepared.header, prepared.document),
        state: 'prepared',
        person: actor.person,
        note: note ?? null,
        added: prepared.added,
        removed: prepared.removed,
      })
      .execute()
    if (prepared.shrinkApproval !== undefined) {
      await tx.db.updateTable('shrink_approval').set({ revision }).where('id', '=', prepared.shrinkApproval).execute()
    }
    const { digest, entries, mode, enforceFrom, shrink } = prepared.header
    await tx.audit({
      action: 'revision.prepare',
      target: `revision/${revision}`,
      details: {
        digest,
        entries,
        added: prepared.added,
        removed: prepared.removed,
        mode,
        enforceFrom,
        shrink,
        ...(note === undefined ? {} : { note }),
      },
    })
  })
}

/** Ends a prepared revision. A failed one gives back the approval it used. */
export async function endPrepared(store: Store, actor: Actor, revision: number, state: 'published' | 'failed'): Promise<void> {
  await store.transact(actor, async (tx) => {
    await tx.db.updateTable('revision').set({ state }).where('revision', '=', revision).execute()
    if (state === 'failed')
      await tx.db.updateTable('shrink_approval').set({ revision: null }).where('revision', '=', revision).execute()
    await tx.audit({ action: state === 'published' ? 'revision.publish' : 'revision.fail', target: `revision/${revision}` })
  })
}

/** Takes over a revision that clients see and this database has forgotten (an older backup was restored). */
export async function adoptRevision(store: Store, document: Buffer): Promise<void> {
  const { header } = parseAllowDocument(document)
  await store.transact(REPAIRER, async (tx) => {
    await tx.db
      .insertInto('revision')
      .values({
        ...rowOf(header, document),
        state: 'published',
        person: REPAIRER.person,
        note: 'found in the signed repository',
        added: 0,
        removed: 0,
      })
      .execute()
    await tx.audit({
      action: 'revision.adopt',
      target: `revision/${header.revision}`,
      details: { digest: header.digest, entries: header.entries },
    })
  })
}

type HeaderColumns = Omit<RevisionRow, 'state' | 'person' | 'note' | 'added' | 'removed'>

function rowOf(header: AllowHeader, document: Buffer): HeaderColumns {
  return {
    revision: header.revision,
    published_at: header.publishedAt,
    published_at_ms: Date.parse(header.publishedAt),
    mode: header.mode,
    enforce_from: header.enforceFrom,
    entries: header.entries,
    digest: header.digest,
    document_sha256: sha256Hex(document),
    shrink: header.shrink === null ? null : JSON.stringify(header.shrink),
  }
}
