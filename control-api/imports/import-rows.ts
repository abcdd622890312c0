import { createHash } from 'node:crypto'
import type { Change } from '../registrations/registration.ts'
import type { ImportOrder } from './import-form.ts'
import type { ImportRow, ImportVerdictRow } from './import-tables.ts'
import type { RowVerdict, RowVerdictKind } from './row-verdict.ts'
import type { IgnoredRow } from './rows-of-table.ts'

const MAX_IGNORED = 1000
const DOES_NOTHING: ReadonlySet<RowVerdictKind> = new Set(['unchanged', 'refused'])

/** What is known of a file when its rows are judged. */
export interface ImportFacts {
  readonly importId: string
  readonly form: string
  readonly sha256: string
  readonly bytes: number
  readonly sheet: string
  readonly order: ImportOrder
  readonly dispatch: string
}

/** The row that is kept of an import. */
export function importRowOf(
  { actor, atMs }: Pick<Change, 'actor' | 'atMs'>,
  judged: readonly { readonly verdict: RowVerdict }[],
  ignored: readonly IgnoredRow[],
  facts: ImportFacts,
): ImportRow {
  const count = (...kinds: readonly RowVerdictKind[]) => judged.filter(({ verdict }) => kinds.includes(verdict.verdict)).length
  const refused = count('refused')
  const { accept } = facts.order
  return {
    id: facts.importId,
    form: facts.form,
    sha256: facts.sha256,
    bytes: facts.bytes,
    sheet: facts.sheet,
    province: facts.order.province ?? null,
    dispatch: facts.dispatch,
    accept,
    is_taken: accept === 'valid' || (accept === 'all' && refused === 0) ? 1 : 0,
    rows: judged.length,
    adds: count('add'),
    changes: count('change', 'disable'),
    cancels: count('cancel'),
    unchanged: count('unchanged'),
    refused,
    ignored: JSON.stringify(ignored.slice(0, MAX_IGNORED)),
    taken_by: actor.person,
    at_ms: atMs,
  }
}

/** What an audit entry tells of it. */
export function countsOf({ rows, adds, changes, cancels, unchanged, refused }: ImportRow) {
  return { rows, adds, changes, cancels, unchanged, refused }
}

export function verdictRowOf(importId: string, seq: number, verdict: RowVerdict): ImportVerdictRow {
  const { row, section, verdict: kind, code, field, value, facility, block, message } = verdict
  return {
    import_id: importId,
    seq,
    row,
    section: section ?? null,
    verdict: kind,
    code,
    field,
    value,
    facility,
    block,
    message_vi: message.vi,
    message_en: message.en,
  }
}

/** SHA-256 over a line a taken row, so that the one audit entry stands for each of them. */
export function digestOf<Judged extends { readonly verdict: RowVerdict }>(
  judged: readonly Judged[],
  lineOf: (judged: Judged) => string,
): string {
  const hash = createHash('sha256')
  for (const one of judged) if (!DOES_NOTHING.has(one.verdict.verdict)) hash.update(lineOf(one))
  return hash.digest('hex')
}
