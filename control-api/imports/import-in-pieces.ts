import type { Transaction } from 'kysely'
import type { Change } from '../registrations/registration.ts'
import { insertRows } from '../store/insert-rows.ts'
import type { Actor } from '../store/store.ts'
import { StoreError } from '../store/store-error.ts'
import type { Tables } from '../store/tables.ts'
import type { FormImport, ImportFormParts, ImportResult } from './import-form.ts'
import { countsOf, digestOf, type ImportFacts, importRowOf, verdictRowOf } from './import-rows.ts'
import type { RowVerdict } from './row-verdict.ts'
import type { IgnoredRow } from './rows-of-table.ts'

/** Verdicts written in one transaction: others who write wait so long. */
const PIECE_ROWS = 5000

interface ReadFile<Read> {
  readonly read: readonly Read[]
  readonly facts: ImportFacts
  readonly ignored: readonly IgnoredRow[]
}

/**
 * Takes a large file so that others who write wait only for what must happen at once: its rows are judged in a snapshot, its verdicts are written down in
 * pieces as those of an import that is not taken, and one last transaction takes all rows, or none. Where anything changed since the snapshot on which a
 * verdict may depend, that transaction judges anew. @throws as `importForm` does
 */
export async function importInPieces<F extends string, Read, Judged extends { readonly verdict: RowVerdict }>(
  { store, clock }: ImportFormParts,
  actor: Actor,
  { read, facts, ignored }: ReadFile<Read>,
  form: FormImport<F, Read, Judged> & Required<Pick<FormImport<F, Read, Judged>, 'mark'>>,
): Promise<ImportResult> {
  const { importId, dispatch, sheet } = facts
  const target = `import/${importId}`
  const atMs = clock.nowMs()
  const first = await store.read(async (db) => {
    const mark = await form.mark(db)
    return { mark, judged: await form.judge({ db: db as Transaction<Tables>, actor, atMs, audit: noAudit }, read, sheet) }
  })
  const row = importRowOf({ actor, atMs }, first.judged, ignored, facts)
  const details = { sha256: facts.sha256, form: row.form, ...countsOf(row), accept: row.accept }
  await store.transact(actor, async (tx) => {
    await tx.audit({ action: 'import.judge', target, dispatch, details })
    await tx.db
      .insertInto('import')
      .values({ ...row, is_taken: 0 })
      .execute()
  })
  const verdicts = first.judged.map(({ verdict }, index) => verdictRowOf(importId, index, verdict))
  for (let at = 0; at < verdicts.length; at += PIECE_ROWS) {
    const piece = verdicts.slice(at, at + PIECE_ROWS)
    await store.transact(actor, async (tx) => {
      await tx.audit({ action: 'import.verdicts', target, dispatch, details: { from: at, rows: piece.length } })
      await insertRows(tx.db, 'import_verdict', piece)
    })
  }
  if (row.is_taken === 0) return { importId, isNew: true, isTaken: false }

  const isTaken = await store.transact(actor, async (tx) => {
    const change: Change = { ...tx, actor, atMs: clock.nowMs() }
    const isSame = (await form.mark(tx.db)) === first.mark
    const judged = isSame ? first.judged : await form.judge(change, read, sheet)
    const now = isSame ? row : importRowOf(change, judged, ignored, facts)
    const takes = now.is_taken === 1
    const auditSeq = await tx.audit({
      action: takes ? 'import.take' : 'import.judge',
      target,
      dispatch,
      details: {
        ...details,
        ...countsOf(now),
        ...(takes ? { takenSha256: digestOf(judged, (one) => form.lineOf(one)) } : {}),
      },
    })
    if (!isSame) {
      await tx.db.deleteFrom('import_verdict').where('import_id', '=', importId).execute()
      await insertRows(
        tx.db,
        'import_verdict',
        judged.map(({ verdict }, index) => verdictRowOf(importId, index, verdict)),
      )
    }
    await tx.db.updateTable('import').set(now).where('id', '=', importId).execute()
    if (takes) await form.take(change, judged, { importId, dispatch, auditSeq })
    return takes
  })
  return { importId, isNew: true, isTaken }
}

/** Judging changes nothing. */
function noAudit(): Promise<number> {
  throw new StoreError('READ_ONLY', 'Cannot write an audit entry while rows are only judged')
}
