import type { Kysely } from 'kysely'
import { type Static, Type } from 'typebox'
import { portalTimeText } from '../../rules/requests/portal-time-text.ts'
import { rightsOf, USER_RIGHTS } from '../../rules/users/user-right.ts'
import { Dispatch, FacilityCode, ProvinceCode } from '../registrations/registration-schemas.ts'
import type { Actor } from '../store/store.ts'
import type { Tables } from '../store/tables.ts'
import { readUser } from './change-users.ts'
import { wantedOf } from './user-entry.ts'
import { daysBetween, portalDay } from './user-fields.ts'
import { type ApproverRow, USER_STATES, type UserRow, type UserState } from './user-tables.ts'

const closed = { additionalProperties: false } as const
const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()])
const Day = Type.String({
  maxLength: 40,
  description: 'a date in Asia/Ho_Chi_Minh, or ISO 8601 with offset',
  examples: ['2024-08-01'],
})
const Name = Type.String({ minLength: 2, maxLength: 100, description: 'as the facility writes it; shown to officers alone' })
const CitizenId = Type.String({ minLength: 12, maxLength: 20, description: 'twelve digits; read once, kept nowhere' })
export const Rights = Type.Array(Type.Union(USER_RIGHTS.map((right) => Type.Literal(right))), {
  minItems: 1,
  uniqueItems: true,
  description: 'classes of functions: `lookup`, `history`, `record`, `submit`, `catalogue`',
})
export const UserStateName = Type.Unsafe<UserState>(Type.Union(Object.keys(USER_STATES).map((state) => Type.Literal(state))))
export const Reason = Type.String({ minLength: 3, maxLength: 500, description: 'why; kept with the step' })

export const UserBody = Type.Object(
  {
    facility: FacilityCode,
    province: ProvinceCode,
    name: Name,
    citizenId: CitizenId,
    rights: Rights,
    from: Type.Optional(Day),
    until: Type.Optional(Type.String({ maxLength: 40, description: 'first instant at which it no longer holds' })),
    dispatch: Dispatch,
  },
  closed,
)
export const ChangeBody = Type.Object(
  {
    name: Type.Optional(Name),
    rights: Type.Optional(Rights),
    from: Type.Optional(Day),
    until: Type.Optional(nullable(Day)),
    dispatch: Dispatch,
  },
  { ...closed, description: 'what is left out stays; a user who is disabled is enabled by it' },
)
export const ApproveBody = Type.Object({ dispatch: Dispatch }, closed)
export const CloseUserBody = Type.Object({ dispatch: Dispatch, reason: Reason }, closed)
export const ApproverBody = Type.Object(
  {
    province: ProvinceCode,
    person: Type.String({ maxLength: 100, description: 'person of an access token, by which he will approve' }),
    name: Name,
    citizenId: CitizenId,
    dispatch: Dispatch,
  },
  closed,
)

const Step = Type.Object({
  step: Type.String(),
  at: Type.String(),
  by: Type.String(),
  dispatch: Type.String(),
  reason: nullable(Type.String()),
})

export const UserView = Type.Object({
  id: Type.Integer(),
  version: Type.Integer(),
  facility: Type.String(),
  province: Type.String(),
  name: nullable(Type.String({ description: 'null for readers' })),
  citizenId: Type.String({ description: 'its last three digits: `•••••••••345`' }),
  rights: Type.Array(Type.String()),
  state: UserStateName,
  effectiveFrom: Type.String(),
  effectiveUntil: nullable(Type.String()),
  wanted: nullable(
    Type.Object(
      { rights: Type.Array(Type.String()), from: Type.String(), until: nullable(Type.String()), by: Type.String() },
      { description: 'a change that waits for approval' },
    ),
  ),
  seenDay: Type.String({ description: 'last day of use, or of approval: idle days are counted from it' }),
  usedDay: nullable(Type.String({ description: 'last day of use; null for who never used the account' })),
  idleDays: Type.Integer(),
  disabledSoon: Type.Boolean({ description: 'it was said that the account will be disabled for want of use' }),
  importId: nullable(Type.String()),
  enteredBy: Type.String(),
  approvedBy: nullable(Type.String()),
  endReason: nullable(Type.String()),
})
export type UserView = Static<typeof UserView>
export const UserDetail = Type.Object({ ...UserView.properties, steps: Type.Array(Step) })

export const ApproverView = Type.Object({
  id: Type.Integer(),
  version: Type.Integer(),
  province: Type.String(),
  person: Type.String(),
  name: nullable(Type.String()),
  citizenId: Type.String(),
  state: Type.String(),
  dispatch: Type.String(),
  enteredBy: Type.String(),
  grantedBy: nullable(Type.String()),
  importId: nullable(Type.String()),
})

/** Names are for officers who must recognise somebody; readers see states and figures. */
function mayName({ role }: Actor): boolean {
  return role !== 'reader'
}

export function userViewOf(row: UserRow, actor: Actor, nowMs: number): UserView {
  const wanted = wantedOf(row)
  return {
    id: row.id,
    version: row.version,
    facility: row.facility,
    province: row.province,
    name: mayName(actor) ? row.name : null,
    citizenId: row.shown,
    rights: [...rightsOf(row.rights)],
    state: row.state,
    effectiveFrom: portalTimeText(row.effective_from_ms),
    effectiveUntil: row.effective_until_ms === null ? null : portalTimeText(row.effective_until_ms),
    wanted:
      wanted === undefined
        ? null
        : {
            rights: [...rightsOf(wanted.rights)],
            from: portalTimeText(wanted.fromMs),
            until: wanted.untilMs === null ? null : portalTimeText(wanted.untilMs),
            by: wanted.by,
          },
    seenDay: row.seen_day,
    usedDay: row.used_day,
    idleDays: daysBetween(row.seen_day, portalDay(nowMs)),
    disabledSoon: row.state === 'active' && row.warned_day !== null,
    importId: row.import_id,
    enteredBy: row.entered_by,
    approvedBy: row.approved_by,
    endReason: row.end_reason,
  }
}

/** @throws ControlError NOT_FOUND, OTHER_PROVINCE */
export async function userDetail(
  db: Kysely<Tables>,
  id: number,
  actor: Actor,
  nowMs: number,
): Promise<Static<typeof UserDetail>> {
  const row = await readUser(db, actor, id)
  const steps = await db.selectFrom('portal_user_step').selectAll().where('user_id', '=', id).orderBy('version').execute()
  return {
    ...userViewOf(row, actor, nowMs),
    steps: steps.map(({ step, at_ms, person, dispatch, reason }) => ({
      step,
      at: portalTimeText(at_ms),
      by: person,
      dispatch,
      reason,
    })),
  }
}

export function approverViewOf(row: ApproverRow, actor: Actor): Static<typeof ApproverView> {
  return {
    id: row.id,
    version: row.version,
    province: row.province,
    person: row.person,
    name: mayName(actor) ? row.name : null,
    citizenId: row.shown,
    state: row.state,
    dispatch: row.dispatch,
    enteredBy: row.entered_by,
    grantedBy: row.granted_by,
    importId: row.import_id,
  }
}
