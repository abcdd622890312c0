import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import { ControlError } from '../http/control-error.ts'
import type { Tables } from '../store/tables.ts'
import { createClaimIndex } from './claim-index.ts'
import { findHoldings } from './find-holdings.ts'
import { requireFree } from './register.ts'
import type { Change } from './registration.ts'
import type { RegistrationRow } from './registration-tables.ts'
import { stepMany } from './step-many.ts'
import { claimOf, contests, requireOtherPerson, stepColumns } from './take-step.ts'

/** Rows judged between two looks at everybody else. */
const BREATH_ROWS = 1000

/** What the approval of an import did. */
export interface ImportApproval {
  readonly approved: number
  readonly revoked: number
}

/**
 * Approves all that an import brought, in one transaction: what it cancels is revoked first, what it adds is opened after.
 * @throws ControlError NOT_TAKEN, SAME_PERSON, HELD_BY_ANOTHER
 */
export async function approveImport(change: Change, importId: string, dispatch: string): Promise<ImportApproval> {
  const { db, actor, atMs } = change
  const adds = await rowsOf(db).where('import_id', '=', importId).where('state', '=', 'endorsed').execute()
  const cancels = await rowsOf(db).where('cancel_import_id', '=', importId).where('state', '=', 'approved').execute()
  if (adds.length + cancels.length === 0) {
    throw new ControlError(
      'NOT_TAKEN',
      `Cannot approve import ${JSON.stringify(importId)}: it has nothing that waits for approval.`,
      {
        vi: 'Tệp này không có dòng nào đang chờ phê duyệt.',
      },
    )
  }
  requireOtherPerson(actor.person, adds)
  await requireOtherCanceller(change, importId)
  await requireNoConflict(change, adds, cancels)

  const auditSeq = await change.audit({
    action: 'import.approve',
    target: `import/${importId}`,
    dispatch,
    details: { approved: adds.length, revoked: cancels.length, approvedSha256: digestOf(adds), revokedSha256: digestOf(cancels) },
  })
  const revoke = { dispatch, auditSeq, reason: `import ${importId}` }
  await stepMany(
    change,
    { column: 'cancel_import_id', importId, state: 'approved' },
    {
      ...revoke,
      step: 'revoke',
      state: 'revoked',
      columns: stepColumns('revoke', actor.person, atMs, revoke),
    },
  )
  const approve = { dispatch, auditSeq, reason: null }
  await stepMany(
    change,
    { column: 'import_id', importId, state: 'endorsed' },
    {
      ...approve,
      step: 'approve',
      state: 'approved',
      columns: stepColumns('approve', actor.person, atMs, approve),
    },
  )
  return { approved: adds.length, revoked: cancels.length }
}

function rowsOf(db: Kysely<Tables>) {
  return db.selectFrom('registration').selectAll().orderBy('id')
}

/** Who asked for the cancels may not carry them out alone either. */
async function requireOtherCanceller(change: Change, importId: string): Promise<void> {
  const row = await change.db.selectFrom('import').select('taken_by').where('id', '=', importId).executeTakeFirst()
  if (row?.taken_by !== change.actor.person) return
  throw new ControlError(
    'SAME_PERSON',
    `Import ${importId} was taken by ${change.actor.person}: another person must approve it.`,
    {
      vi: 'Tệp này do chính người này nhập; phải có người khác phê duyệt.',
    },
  )
}

async function requireNoConflict(
  change: Change,
  adds: readonly RegistrationRow[],
  cancels: readonly RegistrationRow[],
): Promise<void> {
  const leaving = new Set(cancels.map((row) => row.id))
  const blocks = adds.map((row) => row.block)
  const holdings = (await findHoldings(change.db, blocks, change.atMs)).filter((holding) => !leaving.has(holding.id))
  const index = createClaimIndex(holdings)
  for (const [count, row] of adds.entries()) {
    if (count % BREATH_ROWS === 0) await setImmediate()
    requireFree(
      claimOf(row),
      index.overlapping(row.block).filter((holding) => contests(holding, row.id)),
    )
  }
}

/** SHA-256 over a line a row, so that the one audit entry stands for each of them. */
function digestOf(rows: readonly RegistrationRow[]): string {
  const lines = rows.map((row) => `${row.id}\t${row.facility}\t${row.province}\t${row.block}\n`)
  return createHash('sha256').update(lines.join('')).digest('hex')
}
