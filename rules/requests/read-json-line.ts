import type { LineFault } from './line-fault.ts'
import { fillSpans, type LineSpans, SPAN_NAMES, type SpanName } from './line-spans.ts'

/** Fields that may also be written as a number. */
const NUMBERS: ReadonlySet<SpanName> = new Set(['port', 'status', 'result'])

/**
 * Reads any JSON object (RFC 8259): escapes, nesting, white space, bytes that are not UTF-8. The judge that `scanJsonLine` must agree with.
 * A known key that stands twice is refused: which of the two the writer meant cannot be told, and one may be forged.
 */
export function readJsonLine(bytes: Buffer, start: number, end: number, spans: LineSpans): LineFault | undefined {
  const text = bytes.toString('utf8', start, end)
  const object = parseObject(text)
  if (object === undefined) return 'NOT_JSON'
  const keys = topLevelKeys(text)
  if (SPAN_NAMES.some((name) => keys.indexOf(name) !== keys.lastIndexOf(name))) return 'DUPLICATE_KEY'
  const values: Partial<Record<SpanName, string>> = {}
  for (const name of SPAN_NAMES) {
    const value = Object.hasOwn(object, name) ? object[name] : undefined
    if (typeof value === 'string') values[name] = value
    else if (typeof value === 'number' && NUMBERS.has(name)) values[name] = String(value)
  }
  fillSpans(spans, values, 'utf8')
  return undefined
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined
  } catch (error) {
    // The message of the error repeats part of the text, which may hold secrets.
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** Keys of the outermost object of valid JSON, each as often as it stands there. */
function topLevelKeys(text: string): string[] {
  const keys: string[] = []
  let depth = 0
  let isKey = false
  for (let i = 0; i < text.length; i += 1) {
    const character = text[i]
    if (character === '"') {
      const end = endOfString(text, i)
      if (isKey && depth === 1) keys.push(JSON.parse(text.slice(i, end)) as string)
      isKey = false
      i = end - 1
    } else if (character === '{' || character === '[') {
      depth += 1
      isKey = depth === 1
    } else if (character === '}' || character === ']') depth -= 1
    else if (character === ',') isKey = depth === 1
  }
  return keys
}

/** The place after the closing quote of the string that opens at `start`. */
function endOfString(text: string, start: number): number {
  let i = start + 1
  while (text[i] !== '"') i += text[i] === '\\' ? 2 : 1
  return i + 1
}
