import type { LineFault } from './line-fault.ts'
import { fillSpans, type LineSpans, type SpanName } from './line-spans.ts'
import type { LogTemplate, TemplateField } from './log-template.ts'
import { findTargetEnd, findTargetStart } from './request-line.ts'
import { unescapeLogText } from './unescape-log-text.ts'

/** Reads a line of a log format that was named as a template. */
export function readTemplateLine(
  { pattern, fields }: LogTemplate,
  bytes: Buffer,
  start: number,
  end: number,
  spans: LineSpans,
): LineFault | undefined {
  const match = pattern.exec(bytes.toString('latin1', start, end))
  if (match === null) return 'BAD_LAYOUT'
  const values: Partial<Record<SpanName, string>> = {}
  for (const [i, field] of fields.entries()) {
    if (field === 'userAgent') continue
    const written = match[i + 1] ?? ''
    const value = written.includes('\\') ? unescapeLogText(written) : written
    if (field === 'request') values.uri = targetOf(value)
    else if (value !== '-' || isNeeded(field)) values[field] = value
  }
  fillSpans(spans, values)
  return undefined
}

/** The target is empty where the request is none, such as a TLS greeting on a plain port. */
function targetOf(request: string): string {
  const bytes = Buffer.from(request, 'latin1')
  const target = findTargetStart(bytes, 0, bytes.length)
  return target < 0 ? '' : bytes.toString('latin1', target, findTargetEnd(bytes, target, bytes.length))
}

function isNeeded(field: TemplateField): boolean {
  return field === 'ip' || field === 'at'
}
