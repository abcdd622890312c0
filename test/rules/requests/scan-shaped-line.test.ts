import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createByteMarker, WINDOW_BYTES } from '../../../rules/requests/byte-marker.ts'
import { createLineSpans, type LineSpans, MARK, SPAN, SPAN_NAMES } from '../../../rules/requests/line-spans.ts'
import { markTarget } from '../../../rules/requests/mark-target.ts'
import { readJsonLine } from '../../../rules/requests/read-json-line.ts'
import { scanJsonLine } from '../../../rules/requests/scan-json-line.ts'
import { createShapedScanner, type ShapedScanner } from '../../../rules/requests/scan-shaped-line.ts'

const SHIPPED =
  '{"at":"2026-11-22T08:00:00+07:00","ip":"203.0.113.7","port":"51000","method":"POST","uri":"/api/egw/KQNhanLichSuKCB2024?token=x&username=01234_BV","status":"200","bytes":"812","ms":"0041","host":"egw.example","accessToken":"","authorization":""}'
const OTHERS = [
  '{"ip":"203.0.113.7", "x":12, "at":"2026-11-22T08:00:00+07:00", "uri":"/a?username=01234_BV", "status":200, "subject":"x"}',
  '{"uri": "/api/token/take","":"","at": "2026-11-22T08:00:00Z","ip": "::1"}',
]

describe('createShapedScanner', () => {
  it('gives nothing before it has learnt a shape', () => {
    expect(scan(createShapedScanner(createByteMarker()), Buffer.from(SHIPPED))).toBeUndefined()
  })

  it.each([SHIPPED, ...OTHERS])('reads a line of the shape of one before: %s', (line) => {
    expect(scan(taught(line), Buffer.from(line))).toEqual(judge(Buffer.from(line)))
  })

  it('reads a line of another shape once many of them have come', () => {
    const scanner = taught(SHIPPED)
    const other = Buffer.from(OTHERS[0] ?? '')
    let learnt = 0
    while (scan(scanner, other) === undefined && learnt < 50) {
      scanner.begin(other)
      scanner.learn(other, 0, other.length)
      learnt += 1
    }
    expect(learnt).toBe(16)
  })

  it('reads nothing outside a chunk that it was given, nor without a marker', () => {
    const line = Buffer.concat([Buffer.from(SHIPPED), Buffer.alloc(80, 0x20)])
    const scanner = taught(SHIPPED)
    expect(scanAll(scanner, line)).toBe(SHIPPED.length)
    expect(scanner.scan(Buffer.from(line), 0, createLineSpans())).toBe(-1)
    scanner.end()
    expect(scanner.scan(line, 0, createLineSpans())).toBe(-1)
    const blind = createShapedScanner(undefined)
    blind.begin(line)
    blind.learn(line, 0, SHIPPED.length)
    expect(blind.scan(line, 0, createLineSpans())).toBe(-1)
  })

  it('reads lines on both sides of the end of a window of marks', () => {
    const scanner = taught(SHIPPED)
    const line = Buffer.from(`${SHIPPED}\n`)
    const chunk = Buffer.concat([...Array.from({ length: 2_400 }, () => line), Buffer.alloc(80)])
    expect(chunk.length).toBeGreaterThan(2 * WINDOW_BYTES)
    scanner.begin(chunk)
    const unread = Array.from({ length: 2_400 }, (_, number) => number * line.length).filter(
      (start) => scanner.scan(chunk, start, createLineSpans()) !== start + SHIPPED.length,
    )
    expect(unread.length).toBeLessThan(5)
  })

  it('stays inside the line, whatever is behind it', () => {
    const scanner = taught(SHIPPED)
    const two = Buffer.from(`${SHIPPED}\n${SHIPPED}${' '.repeat(64)}`)
    for (let end = 0; end < SHIPPED.length; end += 1) expect(scanAll(scanner, two.subarray(0, end))).toBe(-1)
    // A line cut short.
    const rest = Buffer.from('\n'.repeat(80))
    for (let end = 0; end < SHIPPED.length; end += 1) {
      expect(scanAll(scanner, Buffer.concat([two.subarray(0, end), rest]))).toBe(-1)
    }
  })

  it('finds what the general scanners find wherever it dares to answer, and only in lines that they understand', () => {
    let answered = 0
    const scanners = [SHIPPED, ...OTHERS].map((line) => ({ line, scanner: taught(line) }))
    fc.assert(
      fc.property(fc.constantFrom(...scanners), fc.array(anyChange(), { maxLength: 4 }), ({ line, scanner }, changes) => {
        const changed = changes.reduce<Buffer>((bytes, change) => change(bytes), Buffer.from(line))
        const quick = scan(scanner, changed)
        if (quick === undefined) return
        answered += 1
        expect(quick).toEqual(judge(changed))
      }),
      { seed: 20261123, numRuns: 6_000 },
    )
    // The property would hold for a scanner that never answers.
    expect(answered).toBeGreaterThan(1_000)
  })
})

function taught(line: string) {
  const scanner = createShapedScanner(createByteMarker())
  const bytes = Buffer.from(line)
  expect(scanJsonLine(bytes, 0, bytes.length, createLineSpans())).toBe(true)
  scanner.begin(bytes)
  scanner.learn(bytes, 0, bytes.length)
  return scanner
}

function scanAll(scanner: ShapedScanner, bytes: Buffer): number {
  scanner.begin(bytes)
  return scanner.scan(bytes, 0, createLineSpans())
}

/** With other bytes around it, as in a chunk of a log. */
function scan(scanner: ShapedScanner, line: Buffer): Record<string, string> | undefined {
  const spans = createLineSpans()
  const chunk = Buffer.concat([Buffer.from('"}\n'), line, Buffer.from(`\n${'"'.repeat(64)}`)])
  scanner.begin(chunk)
  return scanner.scan(chunk, 3, spans) === 3 + line.length ? valuesOf(spans) : undefined
}

/** What the whole JSON parser and the general walk through the target say. */
function judge(line: Buffer): Record<string, string> {
  const spans = createLineSpans()
  expect(readJsonLine(line, 0, line.length, spans)).toBeUndefined()
  markTarget(spans)
  return valuesOf(spans)
}

function valuesOf(spans: LineSpans): Record<string, string> {
  expect(spans.hasMarks).toBe(true)
  const places: [string, number][] = [...SPAN_NAMES.map((name): [string, number] => [name, SPAN[name]]), ...Object.entries(MARK)]
  return Object.fromEntries(
    places
      .filter(([, place]) => (spans.starts[place] ?? -1) >= 0)
      .map(([name, place]) => [name, spans.bytes.toString('latin1', spans.starts[place], spans.ends[place])]),
  )
}

const PIECES = [
  'username=',
  '&UserName=99999_BV',
  'token=',
  '&accessToken=a+b',
  '&token',
  '?',
  '#',
  '&&',
  '=',
  '%',
  'user%6eame=',
  '\\',
  '"',
  '","ip":"',
  '\\u0041',
  '\u0000',
  '\n',
  'ạ',
  '}',
  ' ',
  '//',
  '0',
  '12345',
]

/** Takes a few bytes out of a line, puts others in, or changes one. */
function anyChange(): fc.Arbitrary<(line: Buffer) => Buffer> {
  const piece = fc.oneof(
    fc.constantFrom(...PIECES.map((text) => Buffer.from(text))),
    fc.nat(255).map((byte) => Buffer.from([byte])),
  )
  return fc.tuple(fc.nat(300), fc.nat(3), piece, fc.boolean()).map(([place, gone, put, isTarget]) => (line) => {
    const from = isTarget ? line.indexOf('/a') + (place % 60) : place % line.length
    return Buffer.concat([line.subarray(0, from), put, line.subarray(from + gone)])
  })
}
