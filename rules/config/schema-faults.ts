import type { TSchema } from 'typebox'
import { Settings } from 'typebox/system'
import { Value } from 'typebox/value'

/** One place of a value that its schema refuses. */
export interface SchemaFault {
  /** JSON pointer (RFC 6901) into the value; empty for the value itself. */
  readonly path: string
  /** `must be integer`. Never quotes the value: it may be a secret. */
  readonly message: string
}

type Found = ReturnType<typeof Value.Errors>[number]

/** Where a value is wrong in more places, one more fault says so. */
const MOST_FOUND = 500

/** Every place where `value` breaks `schema`, each once, in plain words; a union's branches become one fault. Empty when it fits. */
export function schemaFaults(schema: TSchema, value: unknown): SchemaFault[] {
  const found = errorsOf(schema, value)
  const faults = new Map<string, SchemaFault>()
  for (const error of found) {
    if (isSaidElsewhere(error, found)) continue
    for (const fault of faultsFrom(error, found)) {
      const key = `${fault.path}\n${fault.message}`
      if (!faults.has(key)) faults.set(key, fault)
    }
  }
  if (found.length === MOST_FOUND) faults.set('', { path: '', message: 'has more faults than are told' })
  return [...faults.values()]
}

/** typebox stops at 8 unless told otherwise, and takes that only as a setting of the process. */
function errorsOf(schema: TSchema, value: unknown): readonly Found[] {
  const { maxErrors } = Settings.Get()
  Settings.Set({ maxErrors: MOST_FOUND })
  try {
    return Value.Errors(schema, value)
  } finally {
    Settings.Set({ maxErrors })
  }
}

/** Branches are told by their union; an object's extra keys are told key by key. */
function isSaidElsewhere(error: Found, all: readonly Found[]): boolean {
  if (error.keyword === 'additionalProperties') return true
  return all.some((other) => other.keyword === 'anyOf' && error.schemaPath.startsWith(`${other.schemaPath}/anyOf/`))
}

function faultsFrom(error: Found, all: readonly Found[]): SchemaFault[] {
  const path = error.instancePath
  if (error.keyword !== 'required') return [{ path, message: messageOf(error, all) }]
  return error.params.requiredProperties.map((name) => ({ path: `${path}/${escapePointer(name)}`, message: 'is missing' }))
}

function messageOf(error: Found, all: readonly Found[]): string {
  if (error.keyword === 'boolean') return 'is not known here'
  if (error.keyword === 'const') return `must be ${JSON.stringify(error.params.allowedValue)}`
  if (error.keyword === 'pattern') return `must match ${String(error.params.pattern)}`
  return error.keyword === 'anyOf' ? unionMessage(error, all) : error.message
}

function unionMessage(union: Found, all: readonly Found[]): string {
  const own = all.filter(
    (other) => other.schemaPath.startsWith(`${union.schemaPath}/anyOf/`) && other.instancePath === union.instancePath,
  )
  const allowed = own.flatMap((error) => (error.keyword === 'const' ? [JSON.stringify(error.params.allowedValue)] : []))
  const others = own.flatMap((error) =>
    error.keyword === 'const' || error.keyword === 'anyOf' ? [] : [error.message.replace(/^must be /, '')],
  )
  const choices = [...new Set([...allowed, ...others])]
  return choices.length === 0 ? union.message : `must be ${choices.join(' or ')}`
}

function escapePointer(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}
