import { type Static, Type } from 'typebox'

const closed = { additionalProperties: false } as const
const revision = Type.Integer({ minimum: 1 })

/** What failed its health check here, and why. */
const HeldBack = Type.Object({ revision, at: Type.String(), reason: Type.String({ maxLength: 500 }) }, closed)
export type HeldBack = Static<typeof HeldBack>

/** What must outlive a crash between an apply and the end of its health check. */
export const ProbationRecord = Type.Object(
  {
    format: Type.Literal('edgeward-probation/1'),
    unconfirmed: Type.Union([
      Type.Object(
        {
          revision,
          at: Type.String(),
          wasWell: Type.Boolean({ description: 'the portal answered before the change' }),
          isSwitch: Type.Optional(Type.Boolean({ description: 'not the revision is on trial, but its switch to enforce' })),
        },
        closed,
      ),
      Type.Null(),
    ]),
    heldBack: Type.Array(HeldBack, { maxItems: 20 }),
    // Agents before 0.2 keep neither.
    switchHeldBack: Type.Optional(Type.Union([HeldBack, Type.Null()])),
    provenAt: Type.Optional(
      Type.String({ description: 'an instant past the date of a list that the control API agreed had come' }),
    ),
  },
  closed,
)
export type ProbationRecord = Static<typeof ProbationRecord>

export const EMPTY_RECORD: ProbationRecord = { format: 'edgeward-probation/1', unconfirmed: null, heldBack: [] }

/** Where the record is kept over a restart. */
export interface ProbationMemory {
  /** The record, or an empty one where there is none that can be read. Never throws. */
  recall(): Promise<ProbationRecord>
  /** @throws MemoryError STATE_UNWRITABLE; what was there is then still there */
  keep(record: ProbationRecord): Promise<void>
}
