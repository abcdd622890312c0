import type { Kysely, Transaction } from 'kysely'
import type { Tables } from './tables.ts'

/** Who does something: a token's holder. `person` tells two people apart where a second one must approve. */
export interface Actor {
  readonly person: string
  readonly role: 'operator' | 'approver' | 'agent' | 'reader' | 'assessor' | 'portal' | 'province' | 'facility' | 'system'
  /** Of a `province` or `facility`: its code. Of an `operator` or `approver`: the only province he is for (`isWithin`), left out for all. */
  readonly scope?: string
}

/** What the audit log remembers of one change. `details` is JSON-ready and holds no secret. */
export interface AuditEntry {
  /** `noun.verb`, for example `registration.approve`. */
  readonly action: string
  /** Id of the thing changed. */
  readonly target: string
  /** Number of the dispatch that ordered it, where there is one. */
  readonly dispatch?: string
  readonly details?: Readonly<Record<string, unknown>>
}

/** A running transaction: the database and its audit log, committed or lost together. */
export interface StoreTransaction {
  readonly db: Transaction<Tables>
  /** Adds an entry to the audit log and gives its number. */
  audit(entry: AuditEntry): Promise<number>
}

/** The control API's memory. One contract suite runs on every adapter. */
export interface Store extends AsyncDisposable {
  /** Reads one snapshot of what is committed. @throws StoreError NESTED inside another read or transaction, READ_ONLY */
  read<T>(work: (db: Kysely<Tables>) => Promise<T>): Promise<T>
  /** Changes, all or nothing. A transaction that wrote no audit entry is rolled back. @throws StoreError UNAUDITED, NESTED, BUSY, FULL, CONSTRAINT */
  transact<T>(actor: Actor, work: (tx: StoreTransaction) => Promise<T>): Promise<T>
}
