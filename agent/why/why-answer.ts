import { type Static, Type } from 'typebox'
import { Opening } from '../../rules/lockout/opening.ts'

const closed = { additionalProperties: false } as const
const orNull = <const T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()])

/** Why a source is let in or not: the answer of `GET /why?ip=…`. */
export const WhyAnswer = Type.Object(
  {
    format: Type.Literal('edgeward-why/1'),
    at: Type.String(),
    source: Type.String({ description: 'canonical' }),
    isLetIn: Type.Boolean(),
    by: Type.Union(
      [
        Type.Literal('no-rules'),
        Type.Literal('management'),
        Type.Literal('break-glass'),
        Type.Literal('blocked'),
        Type.Literal('approved'),
        Type.Literal('stranger'),
        Type.Literal('unknown', { description: 'the kernel holds a list that this agent does not know' }),
      ],
      { description: 'what decides' },
    ),
    revision: orNull(Type.Integer()),
    mode: orNull(Type.Union([Type.Literal('observe'), Type.Literal('enforce')])),
    owners: Type.Array(
      Type.Object(
        { facility: Type.String(), province: Type.String(), provinceLabel: Type.String(), dispatch: Type.String() },
        closed,
      ),
    ),
    since: orNull(
      Type.Object(
        {
          revision: Type.Integer(),
          isExact: Type.Boolean({ description: 'false: it was in the first list that the agent saw since it started' }),
        },
        closed,
      ),
    ),
    opening: orNull(Opening),
    blocked: orNull(Type.Object({ account: Type.String(), rule: Type.String(), until: Type.String() }, closed)),
    refusedPackets: orNull(Type.Integer({ description: 'packets that the kernel lately counted from it as a stranger' })),
    words: Type.Object({ vi: Type.String(), en: Type.String() }, closed),
  },
  closed,
)
export type WhyAnswer = Static<typeof WhyAnswer>
