import { type Static, Type } from 'typebox'
import type { Store } from '../store/store.ts'
import { differenceOfDocuments } from './document-lines.ts'
import type { RevisionRow } from './publication-tables.ts'
import type { RepositoryFiles } from './repository-files.ts'
import { allowTarget, targetFilePath } from './target-name.ts'

const orNull = Type.Union([Type.String(), Type.Null()])

export const RevisionView = Type.Object(
  {
    revision: Type.Integer(),
    state: Type.String({ description: 'prepared, published or failed' }),
    publishedAt: Type.String({ format: 'date-time' }),
    publishedBy: Type.String(),
    mode: Type.String(),
    enforceFrom: orNull,
    entries: Type.Integer(),
    added: Type.Integer(),
    removed: Type.Integer(),
    digest: Type.String(),
    note: orNull,
    shrink: Type.Union([
      Type.Object({ reason: Type.String(), requestedBy: Type.String(), approvedBy: Type.String() }),
      Type.Null(),
    ]),
  },
  { title: 'Revision' },
)
export type RevisionView = Static<typeof RevisionView>

export const RevisionDifference = Type.Object({
  from: Type.Integer({ description: 'the revision compared with; 0 for the empty list' }),
  added: Type.Array(Type.String()),
  removed: Type.Array(Type.String()),
  changed: Type.Array(Type.String({ description: 'block held by others than before' })),
})
export type RevisionDifference = Static<typeof RevisionDifference>

/** Newest first. */
export async function listRevisions(store: Store, limit: number, before: number | undefined): Promise<RevisionView[]> {
  const rows = await store.read((db) => {
    const all = db.selectFrom('revision').selectAll().orderBy('revision', 'desc').limit(limit)
    return (before === undefined ? all : all.where('revision', '<', before)).execute()
  })
  return rows.map(viewOf)
}

/** A revision and what it changed; the difference is `null` where one of the two lists is no longer kept. */
export async function findRevision(
  store: Store,
  files: RepositoryFiles,
  revision: number,
): Promise<{ revision: RevisionView; difference: RevisionDifference | null } | undefined> {
  const [row, previous] = await store.read((db) =>
    Promise.all([
      db.selectFrom('revision').selectAll().where('revision', '=', revision).executeTakeFirst(),
      db
        .selectFrom('revision')
        .selectAll()
        .where('revision', '<', revision)
        .where('state', '=', 'published')
        .orderBy('revision', 'desc')
        .limit(1)
        .executeTakeFirst(),
    ]),
  )
  if (row === undefined) return undefined
  const after = await findDocument(files, row)
  const before = previous === undefined ? undefined : await findDocument(files, previous)
  const isKept = after !== undefined && (previous === undefined || before !== undefined)
  const difference = isKept ? { from: previous?.revision ?? 0, ...differenceOfDocuments(before, after) } : null
  return { revision: viewOf(row), difference: difference === null ? null : mutable(difference) }
}

function findDocument(files: RepositoryFiles, row: RevisionRow): Promise<Buffer | undefined> {
  return files.find(targetFilePath(allowTarget(row.revision), row.document_sha256))
}

function viewOf(row: RevisionRow): RevisionView {
  const { revision, state, mode, entries, added, removed, digest, note } = row
  const shrink = row.shrink === null ? null : (JSON.parse(row.shrink) as RevisionView['shrink'])
  return {
    revision,
    state,
    publishedAt: row.published_at,
    publishedBy: row.person,
    mode,
    enforceFrom: row.enforce_from,
    entries,
    added,
    removed,
    digest,
    note,
    shrink,
  }
}

function mutable({
  from,
  added,
  removed,
  changed,
}: { from: number } & ReturnType<typeof differenceOfDocuments>): RevisionDifference {
  return { from, added: [...added], removed: [...removed], changed: [...changed] }
}
