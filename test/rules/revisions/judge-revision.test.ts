import { Value } from 'typebox/value'
import { describe, expect, it } from 'vitest'
import { parseBlock } from '../../../rules/addresses/parse-block.ts'
import type { AllowDocument, AllowEntry, ShrinkConfirmation } from '../../../rules/revisions/allow-document.ts'
import type { AllowDocumentInput } from '../../../rules/revisions/format-allow-document.ts'
import {
  DEFAULT_REVISION_LIMITS,
  isConfirmed,
  judgeRevision,
  type RevisionVerdict,
} from '../../../rules/revisions/judge-revision.ts'
import { parseAllowDocument } from '../../../rules/revisions/parse-allow-document.ts'
import { RevisionSummary, summaryOf } from '../../../rules/revisions/revision-summary.ts'
import { anEntry, anOwner, revisionBytes, someHosts } from '../../support/allow-lists.ts'

const confirmation: ShrinkConfirmation = { reason: 'merger', requestedBy: 'person-a', approvedBy: 'person-b' }

describe('summaryOf', () => {
  it('is plain JSON of its schema', () => {
    const summary = summaryOf(document({ entries: [anEntry('8.8.8.8'), anEntry('8.8.8.0/24', { province: '79' })] }))
    expect(Value.Check(RevisionSummary, JSON.parse(JSON.stringify(summary)))).toBe(true)
    expect(summary).toEqual({
      revision: 412,
      digest: summary.digest,
      mode: 'enforce',
      enforceFrom: null,
      blocks: 1,
      entries: 2,
      provinces: { '01': 1, '79': 1 },
    })
  })
})

describe('judgeRevision: nothing older than what was trusted once is taken again', () => {
  const held = summaryOf(document({ revision: 10 }))

  it.each<[what: string, next: Partial<AllowDocumentInput>, verdict: string]>([
    ['the next one', { revision: 11 }, 'take'],
    ['one far ahead', { revision: 1_000_000 }, 'take'],
    ['the same again', { revision: 10 }, 'same'],
    ['an older one with the same list', { revision: 9 }, 'REVISION_OLDER'],
    ['the same number with another list', { revision: 10, entries: [anEntry('8.8.8.9')] }, 'REVISION_REWRITTEN'],
    ['the same number and list in another mode', { revision: 10, mode: 'observe' }, 'REVISION_REWRITTEN'],
    ['the same number and list with another date', { revision: 10, enforceFrom: '2024-07-27T00:00+07:00' }, 'REVISION_REWRITTEN'],
    [
      'the same number and list of another province',
      { revision: 10, entries: [anEntry('8.8.8.8', { province: '79' })] },
      'REVISION_REWRITTEN',
    ],
    ['an older one that is confirmed', { revision: 9, shrink: confirmation }, 'REVISION_OLDER'],
  ])('%s', (_what, next, verdict) => {
    expect(outcomeOf(judgeRevision(held, document(next), DEFAULT_REVISION_LIMITS))).toBe(verdict)
  })
})

describe('judgeRevision: empty, all-covering or shrinking lists are refused unless two people said so', () => {
  const hundred = summaryOf(document({ revision: 1, entries: hostsOf(100) }))

  it.each<[what: string, next: readonly AllowEntry[], verdict: string, confirmed: string]>([
    ['all of it', hostsOf(100), 'take', 'take'],
    ['more', hostsOf(500), 'take', 'take'],
    ['a tenth less', hostsOf(90), 'take', 'take'],
    ['a tenth and one less', hostsOf(89), 'LIST_SHRINKS', 'take'],
    ['nearly nothing', hostsOf(1), 'LIST_SHRINKS', 'take'],
    ['nothing', [], 'LIST_EMPTY', 'take'],
    ['the same number of entries in a tenth of the blocks', [anEntry('20.0.0.0/25'), ...hostsOf(99)], 'LIST_SHRINKS', 'take'],
    ['a prefix of half the internet', [anEntry('0.0.0.0/1'), ...hostsOf(100)], 'LIST_ALL_COVERING', 'LIST_ALL_COVERING'],
    ['all of v4', [anEntry('0.0.0.0/0')], 'LIST_ALL_COVERING', 'LIST_ALL_COVERING'],
    ['all of v6', [anEntry('::/0'), ...hostsOf(100)], 'LIST_ALL_COVERING', 'LIST_ALL_COVERING'],
    ['a /15', [anEntry('20.2.0.0/15'), ...hostsOf(100)], 'LIST_ALL_COVERING', 'LIST_ALL_COVERING'],
    ['a /16', [anEntry('20.2.0.0/16'), ...hostsOf(100)], 'take', 'take'],
    ['a /31 of v6', [anEntry('2400::/31'), ...hostsOf(100)], 'LIST_ALL_COVERING', 'LIST_ALL_COVERING'],
    ['256 times /16 and a hundred hosts', [...slash16s(256), ...hostsOf(100)], 'LIST_ALL_COVERING', 'LIST_ALL_COVERING'],
    ['255 times /16', [...slash16s(255), ...hostsOf(100)], 'take', 'take'],
    ['17 times /32 of v6', [...slash32s(17), ...hostsOf(100)], 'LIST_ALL_COVERING', 'LIST_ALL_COVERING'],
    ['16 times /32 of v6', [...slash32s(16), ...hostsOf(100)], 'take', 'take'],
  ])('%s', (_what, entries, verdict, confirmed) => {
    expect(outcomeOf(judgeRevision(hundred, document({ revision: 2, entries }), DEFAULT_REVISION_LIMITS))).toBe(verdict)
    expect(
      outcomeOf(judgeRevision(hundred, document({ revision: 2, entries, shrink: confirmation }), DEFAULT_REVISION_LIMITS)),
    ).toBe(confirmed)
  })

  it('refuses the first revision of all when it is empty, and takes one of any size', () => {
    expect(outcomeOf(judgeRevision(undefined, document({ entries: [] }), DEFAULT_REVISION_LIMITS))).toBe('LIST_EMPTY')
    expect(outcomeOf(judgeRevision(undefined, document({ entries: hostsOf(1) }), DEFAULT_REVISION_LIMITS))).toBe('take')
  })

  it('gives the confirmation with the verdict only where it was needed', () => {
    const less = judgeRevision(
      hundred,
      document({ revision: 2, entries: hostsOf(5), shrink: confirmation }),
      DEFAULT_REVISION_LIMITS,
    )
    const more = judgeRevision(
      hundred,
      document({ revision: 2, entries: hostsOf(500), shrink: confirmation }),
      DEFAULT_REVISION_LIMITS,
    )
    expect([less, more].map((verdict) => (verdict.kind === 'take' ? verdict.confirmation : 'refused'))).toEqual([
      confirmation,
      undefined,
    ])
  })

  it('says what would go, and the limit', () => {
    expect(judgeRevision(hundred, document({ revision: 2, entries: hostsOf(37) }), DEFAULT_REVISION_LIMITS)).toEqual({
      kind: 'refuse',
      code: 'LIST_SHRINKS',
      words: 'Cannot take revision 2: 63 of 100 entries would go, the limit is 10, and no second person confirmed it',
    })
  })

  it.each([
    [{ reason: 'merger', requestedBy: 'person-a', approvedBy: 'person-b' }, true],
    [{ reason: 'merger', requestedBy: 'person-a', approvedBy: 'person-a' }, false],
    [{ reason: 'merger', requestedBy: 'Person A', approvedBy: ' person  a ' }, false],
    [{ reason: 'merger', requestedBy: 'Ðông'.normalize('NFC'), approvedBy: 'Ðông'.normalize('NFD') }, false],
    [{ reason: ' ', requestedBy: 'person-a', approvedBy: 'person-b' }, false],
    [{ reason: 'merger', requestedBy: ' ', approvedBy: 'person-b' }, false],
  ])('isConfirmed(%j) is %s', (shrink, expected) => {
    expect(isConfirmed(shrink)).toBe(expected)
    const verdict = judgeRevision(hundred, document({ revision: 2, entries: hostsOf(5), shrink }), DEFAULT_REVISION_LIMITS)
    expect(verdict.kind).toBe(expected ? 'take' : 'refuse')
  })
})

describe('judgeRevision: a whole province is not lost', () => {
  const before = (...provinces: [code: string, count: number][]) =>
    summaryOf(document({ revision: 1, entries: ofProvinces(provinces) }))
  const after = (...provinces: [code: string, count: number][]) => document({ revision: 2, entries: ofProvinces(provinces) })

  it.each<[what: string, from: [string, number][], to: [string, number][], verdict: string]>([
    [
      'small one of a large list',
      [
        ['01', 200],
        ['79', 1],
      ],
      [['01', 200]],
      'PROVINCE_LOST',
    ],
    [
      'shrunk to one entry',
      [
        ['01', 200],
        ['79', 10],
      ],
      [
        ['01', 200],
        ['79', 1],
      ],
      'take',
    ],
    [
      'merged into its successor',
      [
        ['01', 200],
        ['02', 5],
        ['08', 10],
      ],
      [
        ['01', 200],
        ['08', 15],
      ],
      'take',
    ],
    [
      'merged, a few entries short',
      [
        ['01', 200],
        ['02', 10],
        ['08', 10],
      ],
      [
        ['01', 200],
        ['08', 18],
      ],
      'take',
    ],
    [
      'lost while its successor stays as it was',
      [
        ['01', 200],
        ['02', 5],
        ['08', 10],
      ],
      [
        ['01', 205],
        ['08', 10],
      ],
      'PROVINCE_LOST',
    ],
    [
      'merged into another than its successor',
      [
        ['01', 200],
        ['45', 10],
      ],
      [
        ['01', 200],
        ['45', 0],
        ['46', 10],
      ],
      'PROVINCE_LOST',
    ],
    [
      'a new code that the old table knows too',
      [
        ['01', 200],
        ['45', 10],
      ],
      [
        ['01', 200],
        ['44', 10],
      ],
      'take',
    ],
    [
      'a code that no table knows',
      [
        ['01', 200],
        ['99', 10],
      ],
      [['01', 210]],
      'PROVINCE_LOST',
    ],
  ])('%s', (_what, from, to, verdict) => {
    expect(outcomeOf(judgeRevision(before(...from), after(...to), DEFAULT_REVISION_LIMITS))).toBe(verdict)
  })
})

function outcomeOf(verdict: RevisionVerdict): string {
  return verdict.kind === 'refuse' ? verdict.code : verdict.kind
}

function document(fields: Partial<AllowDocumentInput>): AllowDocument {
  return parseAllowDocument(revisionBytes(fields))
}

function hostsOf(count: number, from = 0): AllowEntry[] {
  return someHosts(count, from).map((block) => ({ block, owners: [anOwner()] }))
}

function slash16s(count: number): AllowEntry[] {
  return Array.from({ length: count }, (_, i) => ({
    block: parseBlock(`${30 + (i >>> 8)}.${i & 255}.0.0/16`),
    owners: [anOwner()],
  }))
}

function slash32s(count: number): AllowEntry[] {
  return Array.from({ length: count }, (_, i) => ({
    block: parseBlock(`2400:${(i + 1).toString(16)}::/32`),
    owners: [anOwner()],
  }))
}

function ofProvinces(provinces: readonly (readonly [code: string, count: number])[]): AllowEntry[] {
  let from = 0
  return provinces.flatMap(([province, count]) => {
    const blocks = someHosts(count, from)
    from += count
    return blocks.map((block) => ({ block, owners: [anOwner({ province })] }))
  })
}
