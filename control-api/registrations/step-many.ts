import type { Kysely } from 'kysely'
import type { Tables } from '../store/tables.ts'
import type { Change } from './registration.ts'
import type { RegistrationRow } from './registration-tables.ts'

/** Which registrations take a step together. */
export type Selection =
  | { readonly ids: readonly number[] }
  | { readonly column: 'import_id' | 'cancel_import_id'; readonly importId: string; readonly state: RegistrationRow['state'] }

export interface ManyStep {
  readonly step: string
  /** The state after it. */
  readonly state: RegistrationRow['state']
  readonly dispatch: string
  readonly reason: string | null
  readonly auditSeq: number
  /** Columns that change besides state and version. */
  readonly columns: Partial<RegistrationRow>
}

/** Takes one step for many registrations in two statements; each gets its own line in the history. */
export async function stepMany({ db, actor, atMs }: Change, selection: Selection, order: ManyStep): Promise<void> {
  await (db as Kysely<Tables>)
    .insertInto('registration_step')
    .columns(['registration_id', 'version', 'at_ms', 'step', 'state', 'person', 'dispatch', 'reason', 'audit_seq'])
    .expression((eb) => {
      const from = eb
        .selectFrom('registration')
        .select((row) => [
          'id',
          row('version', '+', 1).as('version'),
          row.val(atMs).as('at_ms'),
          row.val(order.step).as('step'),
          row.val<RegistrationRow['state']>(order.state).as('state'),
          row.val(actor.person).as('person'),
          row.val(order.dispatch).as('dispatch'),
          row.val(order.reason).as('reason'),
          row.val(order.auditSeq).as('audit_seq'),
        ])
      return 'ids' in selection
        ? from.where('id', 'in', selection.ids)
        : from.where(selection.column, '=', selection.importId).where('state', '=', selection.state)
    })
    .execute()
  const update = db
    .updateTable('registration')
    .set((eb) => ({ ...order.columns, state: order.state, version: eb('version', '+', 1) }))
  await ('ids' in selection
    ? update.where('id', 'in', selection.ids)
    : update.where(selection.column, '=', selection.importId).where('state', '=', selection.state)
  ).execute()
}
