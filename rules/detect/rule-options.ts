import { Type } from 'typebox'
import { option } from '../config/option-table.ts'
import type { FunctionClass } from '../requests/attributed-request.ts'
import { SIZE_CLASSES } from './norms/size-class.ts'

/** What a rule may do. */
export type RuleMode = 'off' | 'shadow' | 'observe' | 'enforce'

/** Names of the size classes; `unknown` where the facility is not registered with its visits. */
export const SIZE_NAMES = [...SIZE_CLASSES.map(({ name }) => name), 'unknown'] as const
export type SizeName = (typeof SIZE_CLASSES)[number]['name'] | 'unknown'

const Mode = oneOf<RuleMode>('off', 'shadow', 'observe', 'enforce')
const Points = Type.Object({ atLimit: points(), most: points() }, { additionalProperties: false })
const Scope = Type.Object(
  {
    classes: Type.Array(oneOf<FunctionClass>('lookup', 'history', 'record', 'token', 'submit', 'catalogue', 'other')),
    sizes: Type.Array(oneOf<SizeName>(...SIZE_NAMES)),
    provinces: Type.Array(Type.String({ pattern: '^[0-9]{2}$' })),
  },
  { additionalProperties: false },
)

/** Points of a rule in the score: `atLimit` where its value reaches its limit, in proportion above, never more than `most`. */
export interface RulePoints {
  readonly atLimit: number
  readonly most: number
}

/** Whom a rule judges; an empty list is no restriction. */
export interface RuleScope {
  readonly classes: readonly FunctionClass[]
  readonly sizes: readonly SizeName[]
  readonly provinces: readonly string[]
}

export function modeOption(fallback: RuleMode, meaning: string) {
  return option(Mode, fallback, meaning)
}

export function pointsOption(atLimit: number, most: number) {
  return option(
    Points,
    { atLimit, most },
    'Points in the score: `atLimit` where the value reaches its limit, in proportion above it, never more than `most`.',
  )
}

export function scopeOption() {
  return option(
    Scope,
    { classes: [], sizes: [], provinces: [] },
    'Whom it judges, an empty list meaning all: function `classes` of the request that tips it, facility `sizes`, `provinces` (the code’s first two digits).',
  )
}

export function countOption(fallback: number, meaning: string) {
  return option(Type.Integer({ minimum: 1, maximum: 10_000_000 }), fallback, meaning)
}

export function shareOption(fallback: number, meaning: string) {
  return option(Type.Number({ minimum: 0.01, maximum: 1 }), fallback, meaning)
}

export function factorOption(fallback: number, meaning: string) {
  return option(Type.Number({ minimum: 0, maximum: 1000 }), fallback, meaning)
}

/** One of these texts. */
export function oneOf<T extends string>(...values: readonly T[]) {
  return Type.Unsafe<T>(Type.Union(values.map((value) => Type.Literal(value))))
}

function points() {
  return Type.Integer({ minimum: 1, maximum: 100 })
}
