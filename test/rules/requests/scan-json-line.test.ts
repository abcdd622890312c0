import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createLineSpans, type LineSpans, SPAN, SPAN_NAMES } from '../../../rules/requests/line-spans.ts'
import { readJsonLine } from '../../../rules/requests/read-json-line.ts'
import { scanJsonLine } from '../../../rules/requests/scan-json-line.ts'

const ORDINARY =
  '{"at":"2026-11-22T08:00:00+07:00","ip":"203.0.113.7","port":"51000","method":"POST","uri":"/api/egw/KQNhanLichSuKCB2024?token=x&username=01234_BV","status":200,"bytes":812,"ms":"0.123","host":"egw.example"}'

describe('scanJsonLine', () => {
  it('reads an ordinary line by itself', () => {
    expect(scan(Buffer.from(ORDINARY))).toMatchObject({ ip: '203.0.113.7', port: '51000', status: '200' })
  })

  it('stays inside the line that it is given', () => {
    const two = Buffer.from(`${ORDINARY}\n${ORDINARY}`)
    for (let end = 0; end < ORDINARY.length; end += 1) expect(scanJsonLine(two, 0, end, createLineSpans())).toBe(false)
  })

  it('agrees with readJsonLine wherever it dares to answer', () => {
    let answered = 0
    fc.assert(
      fc.property(anyLine(), (line) => {
        const quick = scan(line)
        if (quick === undefined) return
        answered += 1
        const spans = createLineSpans()
        expect(readJsonLine(line, 0, line.length, spans)).toBeUndefined()
        expect(quick).toEqual(valuesOf(spans))
      }),
      { seed: 20261122, numRuns: 5_000 },
    )
    // The property would hold for a scanner that never answers.
    expect(answered).toBeGreaterThan(500)
  })
})

function scan(line: Buffer): Record<string, string> | undefined {
  const spans = createLineSpans()
  return scanJsonLine(line, 0, line.length, spans) ? valuesOf(spans) : undefined
}

function valuesOf(spans: LineSpans): Record<string, string> {
  const found = SPAN_NAMES.filter((name) => (spans.starts[SPAN[name]] ?? -1) >= 0)
  return Object.fromEntries(
    found.map((name) => [name, spans.bytes.toString('latin1', spans.starts[SPAN[name]], spans.ends[SPAN[name]])]),
  )
}

/** Objects of known and unknown keys, and ordinary lines with a few bytes changed. */
function anyLine(): fc.Arbitrary<Buffer> {
  const key = fc.constantFrom(...SPAN_NAMES, 'method', 'bytes', 'x', 'At', 'ips', '')
  const text = fc.oneof(
    fc.string({ maxLength: 12 }),
    fc.constantFrom('203.0.113.7', '/a?username=01234_BV', '\u007f', '\\', '"', '\u0000', 'ạ'),
  )
  const value = fc.oneof(
    { weight: 6, arbitrary: text.map((it) => JSON.stringify(it)) },
    fc.constantFrom(
      '0',
      '-0',
      '200',
      '51000',
      '123456',
      '0.5',
      '-1.25',
      '1e3',
      '007',
      '1.',
      '.5',
      '-',
      '+1',
      'null',
      'true',
      '[]',
      '{"ip":"x"}',
      '"\\u0041"',
      "'x'",
    ),
  )
  const gap = fc.constantFrom('', '', '', ' ', '  ', '\t')
  const member = fc.tuple(key, gap, value).map(([name, space, it]) => `${JSON.stringify(name)}:${space}${it}`)
  const object = fc
    .tuple(fc.array(member, { maxLength: 6 }), fc.constantFrom(',', ',', ', ', ' ,', ',,'))
    .map(([members, comma]) => Buffer.from(`{${members.join(comma)}}`))
  const change = fc.tuple(
    fc.nat(ORDINARY.length - 1),
    fc.constantFrom(...Buffer.from('"\\,:{}[] \u0000\u001f\u007f09-.eat'), 0x80, 0xff),
  )
  const changed = fc.array(change, { maxLength: 3 }).map((changes) => {
    const line = Buffer.from(ORDINARY)
    for (const [place, byte] of changes) line[place] = byte
    return line
  })
  return fc.oneof(object, changed)
}
