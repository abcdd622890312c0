import { hideIdentifiers } from '../../rules/requests/hide-identifiers.ts'
import { ControlError } from '../http/control-error.ts'
import type { Change } from './registration.ts'
import { stepMany } from './step-many.ts'
import { stepColumns } from './take-step.ts'

/** What the refusal of an import did. */
export interface ImportRefusal {
  /** Additions that ended. */
  readonly refused: number
  /** Registrations that were to be cancelled and stay open. */
  readonly kept: number
}

/** Refuses all that an import brought and that still waits for approval. @throws ControlError NOT_TAKEN */
export async function refuseImport(
  change: Change,
  importId: string,
  given: { readonly dispatch: string; readonly reason: string },
): Promise<ImportRefusal> {
  const order = { ...given, reason: hideIdentifiers(given.reason) }
  const { db, actor, atMs } = change
  const adds = { column: 'import_id', importId, state: 'endorsed' } as const
  const cancels = { column: 'cancel_import_id', importId, state: 'approved' } as const
  const count = async ({ column, state }: typeof adds | typeof cancels) =>
    (await db.selectFrom('registration').select('id').where(column, '=', importId).where('state', '=', state).execute()).length
  const [refused, kept] = [await count(adds), await count(cancels)]
  if (refused + kept === 0) {
    throw new ControlError(
      'NOT_TAKEN',
      `Cannot refuse import ${JSON.stringify(importId)}: it has nothing that waits for approval.`,
      {
        vi: 'Tệp này không có dòng nào đang chờ phê duyệt.',
      },
    )
  }
  const auditSeq = await change.audit({
    action: 'import.refuse',
    target: `import/${importId}`,
    dispatch: order.dispatch,
    details: { refused, kept, reason: order.reason },
  })
  const step = { ...order, auditSeq }
  await stepMany(change, adds, {
    ...step,
    step: 'refuse',
    state: 'refused',
    columns: stepColumns('refuse', actor.person, atMs, order),
  })
  await stepMany(change, cancels, { ...step, step: 'keep', state: 'approved', columns: { cancel_import_id: null } })
  return { refused, kept }
}
