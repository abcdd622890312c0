import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'
import { parsePerson } from '../access/parse-person.ts'
import { ControlError } from '../http/control-error.ts'
import { UsageError } from './command.ts'

/** Every command that works on a data folder takes these. */
export const DATA_FLAGS = { config: { type: 'string' }, data: { type: 'string' } } as const satisfies ParseArgsOptionsConfig

export const DATA_USAGE =
  '--data DIR      the data folder\n  --config FILE   the configuration (YAML); --data wins over its data.dir'

/** Options and plain arguments of a command. @throws UsageError for what it does not know */
export function parseFlags<const T extends ParseArgsOptionsConfig>(args: readonly string[], options: T) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error })
  }
}

/** @throws UsageError where the flag is missing */
export function requireFlag(value: string | undefined, flag: string): string {
  if (value === undefined || value.trim() === '') throw new UsageError(`${flag} is missing`)
  return value
}

/** The one spelling of the person named. @throws UsageError where the flag is missing or names nobody */
export function personFlag(value: string | undefined, flag: string): string {
  try {
    return parsePerson(requireFlag(value, flag))
  } catch (error) {
    if (!(error instanceof ControlError)) throw error
    throw new UsageError(`${flag}: ${error.message}`, { cause: error })
  }
}

/** @throws UsageError where the flag is not a whole number in the range */
export function numberFlag(
  value: string | undefined,
  flag: string,
  fallback: number,
  [min, max]: readonly [number, number],
): number {
  if (value === undefined) return fallback
  const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN
  if (number >= min && number <= max) return number
  throw new UsageError(`${flag} must be a whole number from ${min} to ${max}, is ${JSON.stringify(value)}`)
}
