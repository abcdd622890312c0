import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { requireWithin } from '../access/within-province.ts'
import { ControlError } from '../http/control-error.ts'
import type { Change } from '../registrations/registration.ts'
import { requireApprover } from './approvers.ts'
import { approveMany, approveOne, readUser, refuseOne, requireSameVersion } from './change-users.ts'
import { wantedOf } from './user-entry.ts'
import type { UserRow } from './user-tables.ts'

const BREATH_ROWS = 500
const PIECE_ROWS = 2000

export interface UserOrder {
  readonly dispatch: string
  readonly reason: string | null
  readonly version?: number | undefined
}

/**
 * Approves one user or his change.
 * @throws ControlError NOT_FOUND, OTHER_PROVINCE, VERSION_CHANGED, NOTHING_WANTED, NOT_APPROVER, SAME_PERSON
 */
export async function approveUser(change: Change, id: number, order: UserOrder): Promise<void> {
  const row = await readUser(change.db, change.actor, id)
  requireSameVersion(row, order.version)
  requireWanted(row)
  await requireMayApprove(change, [row])
  const { facility, rights } = row
  const auditSeq = await change.audit({
    action: 'user.approve',
    target: `user/${id}`,
    dispatch: order.dispatch,
    details: { facility, rights: wantedOf(row)?.rights ?? rights },
  })
  await approveOne(change, row, { ...order, auditSeq })
}

/** Refuses one user or his change. @throws ControlError NOT_FOUND, OTHER_PROVINCE, VERSION_CHANGED, NOTHING_WANTED */
export async function refuseUser(change: Change, id: number, order: UserOrder): Promise<void> {
  const row = await readUser(change.db, change.actor, id)
  requireSameVersion(row, order.version)
  requireWanted(row)
  const auditSeq = await change.audit({
    action: 'user.refuse',
    target: `user/${id}`,
    dispatch: order.dispatch,
    details: { facility: row.facility },
  })
  await refuseOne(change, row, { ...order, auditSeq })
}

/** Approves or refuses all that an import brought and that waits. @throws ControlError NOT_TAKEN, OTHER_PROVINCE, NOT_APPROVER, SAME_PERSON */
export async function decideImport(
  change: Change,
  importId: string,
  decision: 'approve' | 'refuse',
  order: Pick<UserOrder, 'dispatch' | 'reason'>,
): Promise<number> {
  const rows = (await readImported(change, importId)).filter(isWanted)
  if (rows.length === 0)
    throw new ControlError('NOT_TAKEN', `Import ${JSON.stringify(importId)} has no user that waits for approval.`, {
      vi: 'Tệp này không có người dùng nào đang chờ phê duyệt.',
    })
  for (const { province } of rows) requireWithin(change.actor, province, '/body/importId')
  if (decision === 'approve') await requireMayApprove(change, rows)
  const lines = rows.map((row) => `${row.id}\t${row.facility}\t${wantedOf(row)?.rights ?? row.rights}\n`)
  const auditSeq = await change.audit({
    action: `user-import.${decision}`,
    target: `import/${importId}`,
    dispatch: order.dispatch,
    details: { users: rows.length, usersSha256: createHash('sha256').update(lines.join('')).digest('hex') },
  })
  // Nearly all of a first list: nobody holds anything yet.
  const isPlain = (row: UserRow): boolean => decision === 'approve' && row.state === 'waiting' && row.wanted === null
  await approveMany(change, rows.filter(isPlain), { ...order, auditSeq })
  const decide = decision === 'approve' ? approveOne : refuseOne
  for (const [count, row] of rows.filter((one) => !isPlain(one)).entries()) {
    if (count % BREATH_ROWS === 0) await setImmediate()
    await decide(change, row, { ...order, auditSeq })
  }
  return rows.length
}

/** All that an import brought, in pieces: others get their turn in between. */
async function readImported({ db }: Change, importId: string): Promise<UserRow[]> {
  const found: UserRow[] = []
  for (let after = 0; ; ) {
    const rows = await db
      .selectFrom('portal_user')
      .selectAll()
      .where('import_id', '=', importId)
      .where('id', '>', after)
      .orderBy('id')
      .limit(PIECE_ROWS)
      .execute()
    found.push(...rows)
    const last = rows.at(-1)
    if (last === undefined) return found
    after = last.id
    await setImmediate()
  }
}

function isWanted(row: UserRow): boolean {
  return row.state === 'waiting' || (row.wanted !== null && row.state !== 'cancelled' && row.state !== 'refused')
}

function requireWanted(row: UserRow): void {
  if (isWanted(row)) return
  throw new ControlError('NOTHING_WANTED', `User ${row.id} is ${row.state}, and no change waits for approval.`, {
    vi: 'Không có gì đang chờ phê duyệt.',
    facts: { state: row.state },
  })
}

/** Another person than who entered it, granted by the assessment centre for that province, and nobody approves himself. */
async function requireMayApprove(change: Change, rows: readonly UserRow[]): Promise<void> {
  const { person } = change.actor
  const own = new Set<string>()
  for (const province of new Set(rows.map((row) => row.province)))
    own.add((await requireApprover(change.db, person, province)).person_token)
  for (const row of rows) {
    const enteredBy = wantedOf(row)?.by ?? row.entered_by
    if (enteredBy !== person && !own.has(row.person_token)) continue
    throw new ControlError(
      'SAME_PERSON',
      enteredBy === person
        ? `User ${row.id} was entered by ${person}: another person must approve.`
        : `User ${row.id} is ${person}: nobody approves himself.`,
      { vi: 'Người nhập không được tự phê duyệt, và không ai tự phê duyệt cho chính mình.', facts: { user: row.id } },
    )
  }
}
