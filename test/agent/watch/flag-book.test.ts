import { describe, expect, it } from 'vitest'
import { createFlagBook } from '../../../agent/watch/flag-book.ts'
import type { Verdict } from '../../../rules/detect/detector.ts'
import type { Flag } from '../../../rules/reports/flag.ts'

const AT = Date.parse('2026-03-02T08:00:00+07:00')
const HOLD_MS = 30 * 60_000

function aVerdict(fields: Partial<Verdict> = {}): Verdict {
  return {
    atMs: AT,
    account: '01234_BV',
    facility: '01234',
    rule: 'absolute',
    action: 'suspend',
    requests: 321,
    subjects: 0,
    sources: ['14.225.0.7'],
    evidence: { vi: 'v', en: 'e' },
    untilMs: AT + HOLD_MS,
    ...fields,
  }
}

function aBook(restored: readonly Flag[] = []) {
  const book = createFlagBook(restored, HOLD_MS)
  const told: string[] = []
  book.listen(({ action, account, until }) => told.push(`${action} ${account} ${until}`))
  return { book, told }
}

describe('createFlagBook', () => {
  it('holds a flag until it is released, and tells both', () => {
    const { book, told } = aBook()
    book.take([aVerdict()])
    expect(book.live()).toEqual([
      {
        kind: 'flag',
        at: '2026-03-02T01:00:00.000Z',
        account: '01234_BV',
        facility: '01234',
        rule: 'absolute',
        action: 'suspend',
        requests: 321,
        subjects: 0,
        sources: ['14.225.0.7'],
        evidence: { vi: 'v', en: 'e' },
        until: '2026-03-02T01:30:00.000Z',
      },
    ])
    book.take([aVerdict({ action: 'release', untilMs: undefined })])
    expect(book.live()).toEqual([])
    expect(told).toEqual(['suspend 01234_BV 2026-03-02T01:30:00.000Z', 'release 01234_BV null'])
  })

  it.each<[Partial<Verdict>, number, string]>([
    [{ untilMs: AT + HOLD_MS + 59_999 }, 0, 'the end moved a little'],
    [{ untilMs: AT + HOLD_MS + 60_000 }, 1, 'the end moved'],
    [{ sources: ['14.225.0.8', '14.225.0.7'] }, 1, 'another source'],
    [{ account: '56789_BV' }, 1, 'a flag never heard of'],
  ])('tells a live flag %j again %i times: %s', (fields, times) => {
    const { book, told } = aBook()
    book.take([aVerdict()])
    book.renew([aVerdict(fields)])
    expect(told).toHaveLength(1 + times)
  })

  it('ends flags from before a restart by itself', () => {
    const { book: before } = aBook()
    before.take([aVerdict()])
    const { book, told } = aBook(before.live())
    book.expire(AT + HOLD_MS - 1)
    expect(told).toEqual([])
    book.expire(AT + HOLD_MS)
    expect(told).toEqual(['release 01234_BV null'])
    expect(book.live()).toEqual([])
  })

  it('tells nobody who has stopped listening', () => {
    const { book } = aBook()
    const told: Flag[] = []
    const listening = book.listen((flag) => told.push(flag))
    expect(book.listeners).toBe(2)
    listening[Symbol.dispose]()
    book.take([aVerdict()])
    expect([told, book.listeners]).toEqual([[], 1])
  })
})
