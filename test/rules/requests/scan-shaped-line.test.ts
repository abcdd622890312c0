import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readV4 } from '../../../rules/requests/address-cache.ts'
import { createLineMachine, type LineMachine } from '../../../rules/requests/line-machine.ts'
import { createLineSpans, type LineSpans, MARK, SPAN, SPAN_NAMES } from '../../../rules/requests/line-spans.ts'
import { markTarget } from '../../../rules/requests/mark-target.ts'
import { readJsonLine } from '../../../rules/requests/read-json-line.ts'
import { scanJsonLine } from '../../../rules/requests/scan-json-line.ts'
import { createShapedScanner, type ShapedScanner } from '../../../rules/requests/scan-shaped-line.ts'
import { FIGURE, WINDOW_BYTES } from '../../../rules/requests/wasm/line-layout.ts'

const SHIPPED =
  '{"at":"2026-11-22T08:00:00+07:00","ip":"203.0.113.7","port":"51000","method":"POST","uri":"/api/egw/KQNhanLichSuKCB2024?token=x&username=01234_BV","status":"200","bytes":"812","ms":"0041","host":"egw.example","accessToken":"","authorization":""}'
const OTHERS = [
  '{"ip":"203.0.113.7", "x":12, "at":"2026-11-22T08:00:00+07:00", "uri":"/a?username=01234_BV", "status":200, "subject":"x"}',
  '{"uri": "/api/token/take","":"","at": "2026-11-22T08:00:00Z","ip": "::1"}',
]

describe('createShapedScanner', () => {
  it('gives nothing before it has learnt a shape', () => {
    expect(scan(untaught(), Buffer.from(SHIPPED))).toBeUndefined()
  })

  it.each([SHIPPED, ...OTHERS])('reads a line of the shape of one before: %s', (line) => {
    expect(scan(taught(line), Buffer.from(line))).toEqual(judge(Buffer.from(line)))
  })

  it('reads a line of another shape once many of them have come', () => {
    const reader = taught(SHIPPED)
    const other = Buffer.from(OTHERS[0] ?? '')
    let learnt = 0
    while (scan(reader, other) === undefined && learnt < 50) {
      reader.scanner.begin(other)
      reader.scanner.learn(other, 0, other.length)
      learnt += 1
    }
    expect(learnt).toBe(16)
  })

  it('does not learn a shape without a target', () => {
    expect(scan(taught('{"at":"2026-11-22T08:00:00+07:00","ip":"203.0.113.7"}'), Buffer.from(SHIPPED))).toBeUndefined()
  })

  it('reads nothing outside a chunk that it was given, nor without a machine', () => {
    const line = Buffer.from(`${SHIPPED}\n`)
    const { scanner } = taught(SHIPPED)
    expect(scanAll(scanner, line)).toBe(line.length)
    expect(scanner.scan(Buffer.from(line), 0)).toBe(-1)
    scanner.end()
    expect(scanner.scan(line, 0)).toBe(-1)
    const blind = createShapedScanner(undefined)
    blind.begin(line)
    blind.learn(line, 0, SHIPPED.length)
    expect(blind.scan(line, 0)).toBe(-1)
  })

  it('reads lines on both sides of the end of a window, and again from the beginning', () => {
    const { scanner } = taught(SHIPPED)
    const line = Buffer.from(`${SHIPPED}\n`)
    const chunk = Buffer.concat(Array.from({ length: 2_400 }, () => line))
    expect(chunk.length).toBeGreaterThan(2 * WINDOW_BYTES)
    scanner.begin(chunk)
    const starts = [...Array.from({ length: 2_400 }, (_, number) => number * line.length), 0]
    const unread = starts.filter((start) => scanner.scan(chunk, start) !== start + line.length)
    // A line that a window ends in begins the next one.
    expect(unread).toEqual([])
  })

  it.each(['', 'Z', '.1Z', '.12Z', '.123Z', '+07:00', '.123+07:00', '.123456Z', '.123456+07:00'])(
    'gives a time another number wherever it differs from the one before: 2026-11-22T08:00:00%s',
    (end) => {
      const time = `2026-11-22T08:00:00${end}`
      const lineOf = (text: string): string => `{"at":"${text}","uri":"/a"}\n`
      const others = Array.from(time, (_, at) => `${time.slice(0, at)}x${time.slice(at + 1)}`)
      const chunk = Buffer.from(others.flatMap((other) => [lineOf(time), lineOf(time), lineOf(other)]).join(''))
      const { scanner, machine } = taught(lineOf(time).trim())
      scanner.begin(chunk)
      const numbers: number[] = []
      for (let start = 0; start < chunk.length; ) {
        const next = scanner.scan(chunk, start)
        expect(next).toBeGreaterThan(start)
        numbers.push(machine.spans.figures[FIGURE.timeNumber] ?? 0)
        start = next
      }
      expect(new Set(numbers).size).toBe(2 * time.length)
    },
  )

  it('stays inside the line and the chunk, whatever is behind it and whatever was there before', () => {
    const { scanner } = taught(SHIPPED)
    const two = Buffer.from(`${SHIPPED}\n${SHIPPED}\n`)
    expect(scanAll(scanner, two)).toBe(SHIPPED.length + 1)
    for (let end = 0; end <= SHIPPED.length; end += 1) expect(scanAll(scanner, two.subarray(0, end))).toBe(-1)
    // A line cut short.
    const rest = Buffer.from('\n'.repeat(80))
    for (let end = 0; end < SHIPPED.length; end += 1) {
      expect(scanAll(scanner, Buffer.concat([two.subarray(0, end), rest]))).toBe(-1)
    }
  })

  it.each([
    ['method":"PO', 'a text'],
    ['egw/K', 'the path'],
    ['&user', 'the name of a parameter'],
    ['?tok', 'the name of the first parameter'],
    ['token=x', 'a value of the query'],
    ['01234_B', 'the account'],
    ['203.0', 'the address'],
    ['"20', 'the status'],
  ])('agrees with the general scanners on any byte behind %j, %s', (before) => {
    const reader = taught(SHIPPED)
    const place = SHIPPED.indexOf(before) + before.length
    let answered = 0
    for (let byte = 0; byte < 256; byte += 1) {
      const line = Buffer.concat([Buffer.from(SHIPPED.slice(0, place)), Buffer.from([byte]), Buffer.from(SHIPPED.slice(place))])
      const quick = scan(reader, line)
      if (quick === undefined) continue
      answered += 1
      expect(quick).toEqual(judge(line))
    }
    expect(answered).toBeGreaterThan(80)
  })

  it('finds what the general scanners find wherever it dares to answer, and only in lines that they understand', () => {
    let answered = 0
    const readers = [SHIPPED, ...OTHERS].map((line) => ({ line, reader: taught(line) }))
    fc.assert(
      fc.property(fc.constantFrom(...readers), fc.array(anyChange(), { maxLength: 4 }), ({ line, reader }, changes) => {
        const changed = changes.reduce<Buffer>((bytes, change) => change(bytes), Buffer.from(line))
        const quick = scan(reader, changed)
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

interface Reader {
  readonly scanner: ShapedScanner
  readonly machine: LineMachine
}

function untaught(): Reader {
  const machine = createLineMachine()
  if (machine === undefined) throw new Error('There is no WebAssembly here')
  return { machine, scanner: createShapedScanner(machine) }
}

function taught(line: string): Reader {
  const reader = untaught()
  const bytes = Buffer.from(line)
  expect(scanJsonLine(bytes, 0, bytes.length, createLineSpans())).toBe(true)
  reader.scanner.begin(bytes)
  reader.scanner.learn(bytes, 0, bytes.length)
  return reader
}

function scanAll(scanner: ShapedScanner, bytes: Buffer): number {
  scanner.begin(bytes)
  return scanner.scan(bytes, 0)
}

/** With other bytes around it, as in a chunk of a log. */
function scan({ scanner, machine }: Reader, line: Buffer): Record<string, string | number> | undefined {
  const chunk = Buffer.concat([Buffer.from('"}\n'), line, Buffer.from(`\n${'"'.repeat(64)}`)])
  scanner.begin(chunk)
  if (scanner.scan(chunk, 3) !== 4 + line.length) return undefined
  const { figures } = machine.spans
  const [address = 0, port = 0, status = 0] = [FIGURE.address, FIGURE.port, FIGURE.status].map((figure) => figures[figure])
  return { ...valuesOf(machine.spans), address, port, status }
}

/** What the whole JSON parser, the general walk through the target and the general readers of figures say. */
function judge(line: Buffer): Record<string, string | number> {
  const spans = createLineSpans()
  expect(readJsonLine(line, 0, line.length, spans)).toBeUndefined()
  markTarget(spans)
  const values = valuesOf(spans)
  const { port, status } = values
  const { view, starts, ends } = spans
  return {
    ...values,
    address: readV4(view, starts[SPAN.ip] ?? 0, ends[SPAN.ip] ?? 0),
    port: numberOf(port, 65_535),
    status: numberOf(status, 999),
  }
}

function numberOf(text: string | undefined, most: number): number {
  const value = text !== undefined && /^[0-9]{1,5}$/.test(text) ? Number(text) : 0
  return value <= most ? value : 0
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
  '.',
  '255.',
  'Z',
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
