import type { Static, TSchema } from 'typebox'

/** One option of a program: what it may hold, what it holds where the file is silent, and what it means. */
export interface Option<S extends TSchema = TSchema> {
  readonly schema: S
  /** `undefined` where the file must say it. */
  readonly fallback: Static<S> | undefined
  /** One plain sentence for the README, the JSON Schema and `print-config`. */
  readonly meaning: string
}

/**
 * All options of a program by dotted path (`server.port`), in the order of the README. The one source of the loader, `print-config`,
 * the JSON Schema and the README's table. A path is never also the beginning of another one.
 */
export type OptionTable = Readonly<Record<string, Option>>

/** The config that a table describes: dotted paths become nested objects. */
export type ConfigOf<T extends OptionTable> = {
  readonly [Head in HeadOf<keyof T & string>]: Head extends keyof T ? Static<T[Head]['schema']> : ConfigOf<TailOf<T, Head>>
}
type HeadOf<Path extends string> = Path extends `${infer Head}.${string}` ? Head : Path
type TailOf<T extends OptionTable, Head extends string> = {
  readonly [Path in keyof T & string as Path extends `${Head}.${infer Tail}` ? Tail : never]: T[Path]
}

/** An option with a value for a silent file. */
export function option<S extends TSchema>(schema: S, fallback: Static<S>, meaning: string): Option<S> {
  return { schema, fallback, meaning }
}

/** An option that the file must name. */
export function required<S extends TSchema>(schema: S, meaning: string): Option<S> {
  return { schema, fallback: undefined, meaning }
}
