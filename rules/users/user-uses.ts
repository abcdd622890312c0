import { type Static, Type } from 'typebox'

/** Uses in one message; what is left goes with the next. */
export const MAX_USER_USES = 10_000

/** On which day named users were last seen at an edge: body of `POST /v1/user-uses`. Days alone, so that nothing tells when a person works. */
export const UserUses = Type.Object(
  {
    uses: Type.Array(
      Type.Object(
        {
          token: Type.String({ pattern: '^[a-p]{16}$', description: 'the account under a gate key' }),
          day: Type.String({ pattern: '^20[0-9]{2}-[0-9]{2}-[0-9]{2}$', description: 'in Asia/Ho_Chi_Minh' }),
        },
        { additionalProperties: false },
      ),
      { maxItems: MAX_USER_USES },
    ),
  },
  { additionalProperties: false },
)
export type UserUses = Static<typeof UserUses>
