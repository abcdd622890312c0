import { type Document, isMap, isNode, LineCounter, parseDocument } from 'yaml'
import { ConfigError, type ConfigFault } from './config-error.ts'
import type { ConfigOf, OptionTable } from './option-table.ts'
import { schemaFaults } from './schema-faults.ts'

/** A fault found by a program's own rule over several options; `path` is dotted. */
export interface ConfigFinding {
  readonly path: string
  readonly message: string
}

/**
 * Reads a config file's YAML text by its table of options. Options that the text does not name hold their fallback.
 * `check` adds the program's own rules and is asked only when every value fits its option.
 * @throws ConfigError with every fault at once, each by path, line and column
 */
export function parseConfig<T extends OptionTable>(
  table: T,
  text: string,
  check: (config: ConfigOf<T>) => readonly ConfigFinding[] = () => [],
): ConfigOf<T> {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  const troubles = [...document.errors, ...document.warnings]
  if (troubles.length > 0) {
    throw new ConfigError(
      troubles.map(({ message, pos }) => ({
        code: 'NOT_YAML',
        path: '',
        message: firstLine(message),
        ...placeOf(lines, pos[0]),
      })),
    )
  }
  const at = (path: readonly string[]) => placeOf(lines, offsetOf(document, path))
  const values = new Map<string, unknown>()
  const faults = [...unknownKeys(table, document, at)]
  for (const [path, { schema, fallback }] of Object.entries(table)) {
    const keys = path.split('.')
    const value = valueAt(document, keys)
    if (value === undefined) {
      if (fallback === undefined) faults.push({ code: 'MISSING', path, message: 'must be named and is not', ...at(keys) })
      else values.set(path, structuredClone(fallback))
      continue
    }
    for (const fault of schemaFaults(schema, value)) {
      const inner = fault.path.split('/').slice(1)
      const full = [...keys, ...inner]
      const said = valueAt(document, full)
      faults.push({ code: 'WRONG_VALUE', path: full.join('.'), message: withValue(fault.message, said), ...at(full) })
    }
    values.set(path, value)
  }
  if (faults.length > 0) throw new ConfigError(inOrder(faults))
  const config = nest(values) as ConfigOf<T>
  const findings = check(config)
  if (findings.length === 0) return config
  throw new ConfigError(
    inOrder(findings.map(({ path, message }) => ({ code: 'WRONG_VALUE' as const, path, message, ...at(path.split('.')) }))),
  )
}

/** Dotted paths to nested objects. */
export function nest(values: ReadonlyMap<string, unknown>): Record<string, unknown> {
  const root: Record<string, unknown> = {}
  for (const [path, value] of values) {
    const keys = path.split('.')
    const last = keys.pop() ?? path
    let inner = root
    for (const key of keys) {
      inner[key] ??= {}
      inner = inner[key] as Record<string, unknown>
    }
    inner[last] = value
  }
  return root
}

type At = (path: readonly string[]) => { line: number; column: number }

function* unknownKeys(table: OptionTable, document: Document, at: At): Generator<ConfigFault> {
  const paths = Object.keys(table)
  const walk = function* (keys: readonly string[]): Generator<ConfigFault> {
    const node = keys.length === 0 ? document.contents : document.getIn(keys, true)
    const path = keys.join('.')
    if (keys.length > 0 && Object.hasOwn(table, path)) return
    if (keys.length > 0 && !paths.some((known) => known.startsWith(`${path}.`))) {
      yield { code: 'UNKNOWN_KEY', path, message: 'is not an option', ...at(keys) }
    } else if (isMap(node)) {
      for (const pair of node.items) yield* walk([...keys, String(pair.key)])
    } else if (!isEmpty(node)) {
      yield { code: 'WRONG_VALUE', path, message: 'must hold options by name', ...at(keys) }
    }
  }
  yield* walk([])
}

function isEmpty(node: unknown): boolean {
  return node === null || node === undefined || (isNode(node) && node.toJSON() === null)
}

/** The plain value at a path; `undefined` where the text has none. */
function valueAt(document: Document, keys: readonly string[]): unknown {
  const node = document.getIn(indices(keys), true)
  return isNode(node) ? node.toJS(document) : node
}

/** Start of the value at `keys`, or of the nearest thing above it. */
function offsetOf(document: Document, keys: readonly string[]): number {
  for (let length = keys.length; length > 0; length--) {
    const node = document.getIn(indices(keys.slice(0, length)), true)
    if (isNode(node) && node.range) return node.range[0]
  }
  return document.contents?.range?.[0] ?? 0
}

function indices(keys: readonly string[]): (string | number)[] {
  return keys.map((key) => (/^\d+$/.test(key) ? Number(key) : key))
}

function placeOf(lines: LineCounter, offset: number): { line: number; column: number } {
  const { line, col } = lines.linePos(offset)
  return { line: Math.max(1, line), column: Math.max(1, col) }
}

function withValue(message: string, value: unknown): string {
  if (value === undefined || (typeof value === 'object' && value !== null)) return message
  const text = JSON.stringify(value)
  return text.length > 80 ? message : `${message}, is ${text}`
}

function firstLine(message: string): string {
  return message.split(' at line ')[0] ?? message
}

function inOrder(faults: ConfigFault[]): ConfigFault[] {
  return faults.sort((a, b) => a.line - b.line || a.column - b.column)
}
