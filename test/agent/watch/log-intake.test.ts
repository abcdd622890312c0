import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createLogIntake } from '../../../agent/watch/log-intake.ts'
import type { AttributedRequest } from '../../../rules/requests/attributed-request.ts'
import { createAttributor } from '../../../rules/requests/attributor.ts'
import type { LineFault } from '../../../rules/requests/line-fault.ts'
import { createLineParser } from '../../../rules/requests/log-format.ts'

const key = new Uint8Array(32).fill(7)
/** As long as a citizen ID, of a province that there is not. */
const twelve = '9'.repeat(12)
const card = `GD4${twelve}`

const anyTime = fc.oneof(
  fc.nat(3).map((second) => `2026-11-22T08:00:0${second}+07:00`),
  fc.constantFrom(
    '2026-11-23T08:00:00+07:00',
    '2026-11-22T01:00:00Z',
    '',
    '-',
    'now',
    `2026-11-22T08:00:00.${'1'.repeat(30)}+07:00`,
  ),
)
const anyAddress = fc.constantFrom(
  '20.0.0.1',
  '20.0.0.2',
  '20.0.0.3',
  '8.8.8.8',
  '200.255.255.255',
  '0.0.0.0',
  '20.0.0.256',
  '01.2.3.4',
  '::1',
  '',
  '-',
)
const anyFigure = fc.constantFrom('200', '0', '', '-', '65535', '65536', '999', '1000', '00200', '123456', '2o0')
const anyAccount = fc.constantFrom(
  '01234_BV',
  '01235_TC',
  '98765_BV',
  '01234_bv',
  '01234',
  `01234_${twelve}`,
  twelve,
  'x',
  '%30',
  '',
)
const anySubject = fc.constantFrom('0123456789', '9876543210', '0000000000', twelve, card, '', 'ab'.repeat(16))
const aLine = fc
  .tuple(anyTime, anyAddress, anyFigure, anyFigure, anyAccount, anySubject)
  .map(
    ([at, ip, port, status, account, subject]) =>
      `{"at":"${at}","ip":"${ip}","port":"${port}","method":"POST","uri":"/api/egw/KQNhanLichSuKCB2024?token=abc&username=${account}&password=x","status":"${status}","subject":"${subject}","result":""}`,
  )
const piece = fc.constantFrom('"', '\\', '&username=09999_BV', '","ip":"9.9.9.9', '?', '\u0000', '\r', 'ạ', '}', '#', '')
const aTornLine = fc.tuple(aLine, fc.nat(400), fc.nat(5), piece).map(([line, place, gone, put]) => {
  const from = place % line.length
  return line.slice(0, from) + put + line.slice(from + gone)
})

/** What the lines say, each by itself: the general way. */
function judged(lines: readonly string[]) {
  const parser = createLineParser('nginx-json', { key, attributor: createAttributor() })
  const requests: AttributedRequest[] = []
  const faults: Partial<Record<LineFault, number>> = {}
  for (const line of lines) {
    const request = parser.parseLine(line)
    if (request !== undefined) requests.push(request)
    else if (parser.lastFault !== undefined) faults[parser.lastFault] = (faults[parser.lastFault] ?? 0) + 1
  }
  return { requests, faults }
}

describe('createLogIntake', () => {
  it('says of a log in chunks what the parser says of each of its lines', () => {
    // The property would hold for an intake that reads nothing.
    let lookups = 0
    fc.assert(
      fc.property(
        fc.array(fc.oneof({ weight: 5, arbitrary: aLine }, { weight: 1, arbitrary: aTornLine }), { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 20_000 }),
        (lines, chunkBytes) => {
          const requests: AttributedRequest[] = []
          const intake = createLogIntake({
            format: 'nginx-json',
            key,
            attributor: createAttributor(),
            takeRequest: (request) => requests.push({ ...request }),
          })
          const splitter = intake.createSplitter()
          const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''))
          const chunk = Buffer.alloc(chunkBytes)
          for (let at = 0; at < bytes.length; at += chunkBytes) {
            splitter.push(chunk.subarray(0, bytes.copy(chunk, 0, at)))
            chunk.fill(0x22)
          }
          const expected = judged(bytes.toString().split('\n').slice(0, -1))
          expect(requests).toEqual(expected.requests)
          expect(intake.counts.faults).toEqual(expected.faults)
          lookups += requests.filter(({ account }) => account !== undefined).length
        },
      ),
      { seed: 20261122, numRuns: 600 },
    )
    expect(lookups).toBeGreaterThan(500)
  })
})
