import { setImmediate } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import { hideIdentifiers } from '../../rules/requests/hide-identifiers.ts'
import { rightsText } from '../../rules/users/user-right.ts'
import { requireWithin } from '../access/within-province.ts'
import { ControlError } from '../http/control-error.ts'
import type { Change } from '../registrations/registration.ts'
import { insertRows } from '../store/insert-rows.ts'
import type { Actor } from '../store/store.ts'
import type { Tables } from '../store/tables.ts'
import { keepTokens } from './list-persons.ts'
import { type UserEntry, type WantedChange, wantedOf } from './user-entry.ts'
import { portalDay, shownEnd } from './user-fields.ts'
import type { UserKeys } from './user-keys.ts'
import type { UserRow, UserStepRow } from './user-tables.ts'

/** Users in one statement. */
const MANY = 1000

/** What every step of a user's life carries: the dispatch that ordered it, and the audit entry that covers it. */
export interface StepFacts {
  readonly dispatch: string
  readonly reason: string | null
  readonly auditSeq: number
}

/** @throws ControlError NOT_FOUND, OTHER_PROVINCE where the actor is for another one */
export async function readUser(db: Kysely<Tables>, actor: Actor, id: number): Promise<UserRow> {
  const row = await db.selectFrom('portal_user').selectAll().where('id', '=', id).executeTakeFirst()
  if (row === undefined) throw new ControlError('NOT_FOUND', `There is no user ${id}.`)
  requireWithin(actor, row.province, '/params/id')
  return row
}

/** @throws ControlError VERSION_CHANGED */
export function requireSameVersion(row: { readonly id: number; readonly version: number }, version: number | undefined): void {
  if (version === undefined || version === row.version) return
  throw new ControlError(
    'VERSION_CHANGED',
    `User ${row.id} is at version ${row.version}, not ${version}: somebody changed it in between. Read it again, then decide.`,
    { vi: 'Người dùng này đã được người khác thay đổi. Hãy tải lại rồi quyết định.', facts: { version: row.version } },
  )
}

/** Puts persons on the list, waiting, in their order; gives the id of the first. The caller has seen that they are not on it and has written the audit entry. */
export async function insertUsers(
  change: Change,
  entries: readonly UserEntry[],
  keys: UserKeys,
  facts: StepFacts & { readonly importId: string | null },
): Promise<number> {
  const { db, actor, atMs } = change
  const newest = await db
    .selectFrom('portal_user')
    .select((eb) => eb.fn.max('id').as('id'))
    .executeTakeFirst()
  const firstId = Number(newest?.id ?? 0) + 1
  const rows = entries.map(
    (entry, at): UserRow => ({
      id: firstId + at,
      version: 1,
      facility: entry.facility,
      province: entry.province,
      name: entry.name,
      shown: shownEnd(entry.citizenId),
      person_token: keys.personToken(entry.citizenId),
      rights: rightsText(entry.rights),
      effective_from_ms: entry.fromMs,
      effective_until_ms: entry.untilMs,
      state: 'waiting',
      wanted: null,
      import_id: facts.importId,
      dispatch: facts.dispatch,
      entered_by: actor.person,
      entered_at_ms: atMs,
      approved_by: null,
      approved_at_ms: null,
      ended_by: null,
      ended_at_ms: null,
      end_reason: null,
      seen_day: portalDay(atMs),
      used_day: null,
      warned_day: null,
    }),
  )
  await insertRows(db, 'portal_user', rows)
  await keepTokens(
    db,
    entries.map((entry, at) => ({ userId: firstId + at, tokens: keys.tokensOf(entry.facility, entry.citizenId) })),
  )
  const steps = rows.map(({ id }) => stepOf(change, { id, version: 1, state: 'waiting' }, 'enter', facts))
  await insertRows(db, 'portal_user_step', steps)
  return firstId
}

/** Has a change wait for approval; what holds stays until then. A user who waits himself is simply entered otherwise. */
export async function askChange(
  change: Change,
  row: UserRow,
  entry: Pick<UserEntry, 'name' | 'rights' | 'fromMs' | 'untilMs'>,
  facts: StepFacts & { readonly importId: string | null },
): Promise<void> {
  const { person } = change.actor
  const { name, fromMs, untilMs } = entry
  const rights = rightsText(entry.rights)
  const wanted: WantedChange = { name, rights, fromMs, untilMs, by: person, dispatch: facts.dispatch }
  const patch: Partial<UserRow> =
    row.state === 'waiting'
      ? { name, rights, effective_from_ms: fromMs, effective_until_ms: untilMs, entered_by: person, dispatch: facts.dispatch }
      : { wanted: JSON.stringify(wanted) }
  await writeStep(change, row, 'ask-change', { ...patch, import_id: facts.importId }, facts)
}

/** Disables or cancels at once: taking a right away needs no second person. */
export async function closeUser(change: Change, row: UserRow, step: 'disable' | 'cancel', facts: StepFacts): Promise<void> {
  const { actor, atMs } = change
  const state = step === 'disable' ? 'disabled' : 'cancelled'
  const ended = {
    ended_by: actor.person,
    ended_at_ms: atMs,
    end_reason: facts.reason === null ? null : hideIdentifiers(facts.reason),
  }
  await writeStep(change, row, step, { state, wanted: null, ...ended }, facts)
}

/** Approves what waits: the user, or his change, which enables him again where he is disabled. */
export async function approveOne(change: Change, row: UserRow, facts: StepFacts): Promise<void> {
  const { actor, atMs } = change
  const wanted = wantedOf(row)
  await writeStep(
    change,
    row,
    'approve',
    {
      state: 'active',
      wanted: null,
      approved_by: actor.person,
      approved_at_ms: atMs,
      ended_by: null,
      ended_at_ms: null,
      end_reason: null,
      // From here on the 45 days are counted.
      seen_day: row.state === 'active' ? row.seen_day : portalDay(atMs),
      warned_day: row.state === 'active' ? row.warned_day : null,
      ...(wanted === undefined
        ? {}
        : {
            name: wanted.name,
            rights: wanted.rights,
            effective_from_ms: wanted.fromMs,
            effective_until_ms: wanted.untilMs,
            dispatch: wanted.dispatch,
          }),
    },
    facts,
  )
}

/** Refuses what waits: the user ends, or only the change is forgotten. */
export async function refuseOne(change: Change, row: UserRow, facts: StepFacts): Promise<void> {
  const { actor, atMs } = change
  const ended = {
    ended_by: actor.person,
    ended_at_ms: atMs,
    end_reason: facts.reason === null ? null : hideIdentifiers(facts.reason),
  }
  await writeStep(change, row, 'refuse', row.state === 'waiting' ? { state: 'refused', ...ended } : { wanted: null }, facts)
}

/** Changes the row and adds the step to its history; each change is a version. */
export async function writeStep(
  change: Change,
  row: Pick<UserRow, 'id' | 'version' | 'state'>,
  step: string,
  patch: Partial<UserRow>,
  facts: StepFacts,
): Promise<void> {
  const { db } = change
  const version = row.version + 1
  await db
    .updateTable('portal_user')
    .set({ ...patch, version })
    .where('id', '=', row.id)
    .execute()
  await db
    .insertInto('portal_user_step')
    .values(stepOf(change, { id: row.id, version, state: patch.state ?? row.state }, step, facts))
    .execute()
}

/** The line in a user's history of a step that leads to this version and state. */
function stepOf(
  { actor, atMs }: Change,
  after: Pick<UserRow, 'id' | 'version' | 'state'>,
  step: string,
  { dispatch, reason, auditSeq }: StepFacts,
): UserStepRow {
  return {
    user_id: after.id,
    version: after.version,
    at_ms: atMs,
    step,
    state: after.state,
    person: actor.person,
    dispatch,
    reason: reason === null ? null : hideIdentifiers(reason),
    audit_seq: auditSeq,
  }
}

/** Approves users who wait and have no other change, all at once. */
export async function approveMany(change: Change, rows: readonly UserRow[], facts: StepFacts): Promise<void> {
  const { db, actor, atMs } = change
  const approved = { state: 'active', approved_by: actor.person, approved_at_ms: atMs, seen_day: portalDay(atMs) } as const
  for (let at = 0; at < rows.length; at += MANY) {
    const ids = rows.slice(at, at + MANY).map(({ id }) => id)
    await db
      .updateTable('portal_user')
      .set((eb) => ({ ...approved, warned_day: null, version: eb('version', '+', 1) }))
      .where('id', 'in', ids)
      .execute()
    await setImmediate()
  }
  const steps = rows.map(({ id, version }) => stepOf(change, { id, version: version + 1, state: 'active' }, 'approve', facts))
  await insertRows(db, 'portal_user_step', steps)
}
