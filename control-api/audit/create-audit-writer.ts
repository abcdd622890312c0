import type { Transaction } from 'kysely'
import type { Actor, AuditEntry } from '../store/store.ts'
import type { Tables } from '../store/tables.ts'
import { createTurns } from '../store/turns.ts'
import { auditHash, FIRST_PREVIOUS } from './audit-hash.ts'
import type { AuditRow } from './audit-tables.ts'
import { canonicalJson } from './canonical-json.ts'

/** Adds entries to the chain within one transaction. */
export interface AuditWriter {
  readonly written: number
  write(entry: AuditEntry): Promise<number>
}

/** `db` must hold the write lock from its start, so that the head cannot move under it. */
export function createAuditWriter(db: Transaction<Tables>, actor: Actor, nowMs: () => number): AuditWriter {
  let head: { readonly seq: number; readonly hash: string } | undefined
  let written = 0
  const inTurn = createTurns()

  const append = async (entry: AuditEntry): Promise<number> => {
    head ??= (await db.selectFrom('audit').select(['seq', 'hash']).orderBy('seq', 'desc').limit(1).executeTakeFirst()) ?? {
      seq: 0,
      hash: FIRST_PREVIOUS,
    }
    const row: Omit<AuditRow, 'hash'> = {
      seq: head.seq + 1,
      at_ms: nowMs(),
      person: actor.person,
      role: actor.role,
      action: entry.action,
      target: entry.target,
      dispatch: entry.dispatch ?? null,
      details: canonicalJson(entry.details ?? {}),
      previous: head.hash,
    }
    const hash = auditHash(row)
    await db
      .insertInto('audit')
      .values({ ...row, hash })
      .execute()
    head = { seq: row.seq, hash }
    written += 1
    return row.seq
  }

  return {
    get written() {
      return written
    },
    // Entries written at the same time still form one chain.
    write: (entry) => inTurn(() => append(entry)),
  }
}
