import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Block } from '../../../rules/addresses/block.ts'
import { covers, sortBlocks } from '../../../rules/addresses/block-bits.ts'
import { blocksOf, digestOf } from '../../../rules/addresses/block-set-lines.ts'
import { createBlockSet, EMPTY_BLOCK_SET } from '../../../rules/addresses/create-block-set.ts'
import { sortOwners } from '../../../rules/ledger/allow-list-at.ts'
import type { AllowEntry, Owner } from '../../../rules/revisions/allow-document.ts'
import { allowDocumentChunks, formatAllowDocument } from '../../../rules/revisions/format-allow-document.ts'
import { parseAllowDocument } from '../../../rules/revisions/parse-allow-document.ts'
import { RevisionError } from '../../../rules/revisions/revision-error.ts'
import { anEntry, anOwner, aRevision, revisionBytes } from '../../support/allow-lists.ts'
import { placedBlock, UNIVERSE } from '../../support/block-universe.ts'
import { codeOf } from '../../support/code-of.ts'
import { createSeeded, type Seeded } from '../../support/seeded.ts'

describe('formatAllowDocument', () => {
  it('writes the header and a sorted line a block, owners sorted and each once', () => {
    const entries = [
      anEntry('2405:4800::/48', { facility: '79001', province: '79', dispatch: 'Công văn 12/BHXH' }),
      anEntry('8.8.8.8', { facility: '01234' }, { facility: '01233' }, { facility: '01234' }),
      anEntry('8.8.8.0/24'),
    ]
    const text = Buffer.from(revisionBytes({ entries })).toString()
    expect(text).toBe(
      '{"format":"edgeward-allow/1","revision":412,"publishedAt":"2024-07-27T00:00:00+07:00","mode":"enforce","enforceFrom":null,"entries":3,' +
        `"digest":"${digestOf(createBlockSet(['8.8.8.0/24', '2405:4800::/48'] as Block[]))}","shrink":null}\n` +
        '8.8.8.0/24\t01234:01:1923/BHXH-CNTT\n' +
        '8.8.8.8\t01233:01:1923/BHXH-CNTT\t01234:01:1923/BHXH-CNTT\n' +
        '2405:4800::/48\t79001:79:Công văn 12/BHXH\n',
    )
  })

  it.each([
    [{ entries: [anEntry('8.8.8.8'), anEntry('8.8.8.8')] }, 'ENTRY_TWICE'],
    [{ entries: [{ ...anEntry('8.8.8.8'), owners: [] }] }, 'OWNER_MISSING'],
    [{ entries: [anEntry('8.8.8.8', { facility: '1234' })] }, 'OWNER_FORM'],
    [{ entries: [anEntry('8.8.8.8', { facility: '０１２３４' })] }, 'OWNER_FORM'],
    [{ entries: [anEntry('8.8.8.8', { province: '1' })] }, 'OWNER_FORM'],
    [{ entries: [anEntry('8.8.8.8', { dispatch: '' })] }, 'OWNER_DISPATCH'],
    [{ entries: [anEntry('8.8.8.8', { dispatch: 'a\tb' })] }, 'OWNER_DISPATCH'],
    [{ entries: [anEntry('8.8.8.8', { dispatch: 'a\nb' })] }, 'OWNER_DISPATCH'],
    [{ entries: [anEntry('8.8.8.8', { dispatch: 'a\u202eb' })] }, 'OWNER_DISPATCH'],
    [{ entries: [anEntry('8.8.8.8', { dispatch: ' a' })] }, 'OWNER_DISPATCH'],
    [{ entries: [anEntry('8.8.8.8', { dispatch: '😀' })] }, 'OWNER_DISPATCH'],
    [{ entries: [anEntry('8.8.8.8', { dispatch: '\ud800' })] }, 'OWNER_DISPATCH'],
    [{ entries: [anEntry('8.8.8.8', { dispatch: 'x'.repeat(121) })] }, 'OWNER_DISPATCH'],
    [{ revision: 0 }, 'HEADER_FIELD'],
    [{ revision: 1.5 }, 'HEADER_FIELD'],
    [{ publishedAt: '2024-07-27' }, 'HEADER_DATE'],
    [{ publishedAt: '2024-02-31T00:00:00Z' }, 'HEADER_DATE'],
    [{ enforceFrom: '2024-07-27T00:00:00' }, 'HEADER_DATE'],
    [{ shrink: { reason: '', requestedBy: 'a', approvedBy: 'b' } }, 'HEADER_FIELD'],
  ])('refuses %j by %s', (fields, code) => {
    expect(codeOf(() => formatAllowDocument(aRevision(fields)))).toBe(code)
  })
})

describe('parseAllowDocument', () => {
  it('gives back what was written, for seeded documents, byte for byte', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const input = aRevision({ ...someHeader(createSeeded(seed)), entries: someEntries(createSeeded(seed)) })
        const bytes = formatAllowDocument(input)
        const document = parseAllowDocument(bytes)
        const entries = linesOf(bytes)
        expect(Buffer.from(formatAllowDocument({ ...document.header, entries })).equals(bytes)).toBe(true)
        expect(Buffer.concat([...allowDocumentChunks(input)]).equals(bytes)).toBe(true)
        expect([...blocksOf(document.approved)]).toEqual([...blocksOf(createBlockSet(entries.map((entry) => entry.block)))])
        const provinces = [...new Set(entries.flatMap((entry) => entry.owners.map((owner) => owner.province)))].sort()
        expect([...document.provinces]).toEqual(
          provinces.map((province) => [
            province,
            entries.filter((entry) => entry.owners.some((owner) => owner.province === province)).length,
          ]),
        )
        const found = UNIVERSE.map((address) => document.ownersOf(address))
        expect(found).toEqual(UNIVERSE.map((address) => ownersByWalk(entries, address)))
      }),
      { seed: 1923, numRuns: 25 },
    )
  })

  it('takes an empty list', () => {
    const document = parseAllowDocument(revisionBytes({ entries: [] }))
    expect(document.approved).toEqual(EMPTY_BLOCK_SET)
    expect(document.ownersOf('8.8.8.8')).toEqual([])
  })

  const good = Buffer.from(
    revisionBytes({ entries: [anEntry('8.8.8.0/24', { facility: '01233' }, {}), anEntry('8.8.8.8'), anEntry('2405::/48')] }),
  ).toString()
  const header = good.slice(0, good.indexOf('\n'))

  it.each<[what: string, change: (text: string) => string, code: string, line: number]>([
    ['nothing', () => '', 'HEADER_MISSING', 1],
    ['a header without end', () => header, 'HEADER_MISSING', 1],
    ['a byte order mark', (text) => `\ufeff${text}`, 'HEADER_NOT_JSON', 1],
    ['no JSON', (text) => text.replace('{', '{{'), 'HEADER_NOT_JSON', 1],
    ['JSON of another kind', (text) => text.replace(header, '[]'), 'HEADER_FIELD', 1],
    ['null', (text) => text.replace(header, 'null'), 'HEADER_FIELD', 1],
    ['another format', (text) => text.replace('edgeward-allow/1', 'edgeward-allow/2'), 'HEADER_FIELD', 1],
    ['an unknown field', (text) => text.replace('{', '{"note":1,'), 'HEADER_FIELD', 1],
    ['a field missing', (text) => text.replace('"enforceFrom":null,', ''), 'HEADER_FIELD', 1],
    ['a prototype', (text) => text.replace('{', '{"__proto__":{},'), 'HEADER_FIELD', 1],
    ['a revision beyond exact numbers', (text) => text.replace('412', '9007199254740993'), 'HEADER_FIELD', 1],
    ['a date without offset', (text) => text.replace('+07:00', ''), 'HEADER_DATE', 1],
    ['a header spaced otherwise', (text) => text.replace('{', '{ '), 'HEADER_NOT_CANONICAL', 1],
    ['a field twice', (text) => text.replace('{', '{"revision":413,'), 'HEADER_NOT_CANONICAL', 1],
    ['a header from Windows', (text) => text.replace('\n', '\r\n'), 'HEADER_NOT_CANONICAL', 1],
    ['an entry too few', (text) => text.replace('"entries":3', '"entries":4'), 'COUNT_DIFFERS', 4],
    ['an entry too many', (text) => text.replace('"entries":3', '"entries":2'), 'COUNT_DIFFERS', 4],
    ['a count that no memory holds', (text) => text.replace('"entries":3', '"entries":99999999'), 'COUNT_DIFFERS', 1],
    ['an entry cut off', (text) => text.slice(0, -1), 'LINE_NOT_ENDED', 4],
    ['an empty line', (text) => text.replace('\n8.8.8.8', '\n\n8.8.8.8'), 'ENTRY_EMPTY', 3],
    ['a block not canonical', (text) => text.replace('8.8.8.8', '8.8.8.08'), 'ENTRY_BLOCK', 3],
    ['a host with length', (text) => text.replace('8.8.8.8\t', '8.8.8.8/32\t'), 'ENTRY_BLOCK', 3],
    ['host bits', (text) => text.replace('8.8.8.0/24', '8.8.8.1/24'), 'ENTRY_BLOCK', 2],
    ['upper case', (text) => text.replace('2405::/48', '240A::/48'), 'ENTRY_BLOCK', 4],
    ['a comment', (text) => text.replace('8.8.8.8\t', '# 8.8.8.8\t'), 'ENTRY_BLOCK', 3],
    ['a full-width digit', (text) => text.replace('8.8.8.8', '８.8.8.8'), 'ENTRY_BLOCK', 3],
    ['a block of a megabyte', (text) => text.replace('8.8.8.8', '8'.repeat(1_000_000)), 'ENTRY_BLOCK', 3],
    ['an order of its own', (text) => text.replace('8.8.8.8', '8.8.7.8'), 'ENTRY_ORDER', 3],
    ['v4 after v6', (text) => text.replace('8.8.8.8', '2406::'), 'ENTRY_ORDER', 4],
    ['a block twice', (text) => text.replace('8.8.8.8', '8.8.8.0/24'), 'ENTRY_TWICE', 3],
    ['no owner', (text) => text.replace('8.8.8.8\t01234:01:1923/BHXH-CNTT', '8.8.8.8'), 'OWNER_MISSING', 3],
    ['an owner of nothing', (text) => text.replace('8.8.8.8\t01234:01:1923/BHXH-CNTT', '8.8.8.8\t'), 'OWNER_FORM', 3],
    ['a tab at the end', (text) => text.replace('CNTT\n2405', 'CNTT\t\n2405'), 'OWNER_FORM', 3],
    ['a facility of four digits', (text) => text.replace('8.8.8.8\t0', '8.8.8.8\t'), 'OWNER_FORM', 3],
    ['a province of one digit', (text) => text.replace('8.8.8.8\t01234:0', '8.8.8.8\t01234:'), 'OWNER_FORM', 3],
    ['no dispatch', (text) => text.replace('8.8.8.8\t01234:01:1923/BHXH-CNTT', '8.8.8.8\t01234:01:'), 'OWNER_DISPATCH', 3],
    ['a dispatch that ends in a carriage return', (text) => text.replace('CNTT\n2405', 'CNTT\r\n2405'), 'OWNER_DISPATCH', 3],
    ['a dispatch that turns the text round', (text) => text.replace('CNTT\n2405', '\u202eCNTT\n2405'), 'OWNER_DISPATCH', 3],
    ['a dispatch with NUL', (text) => text.replace('CNTT\n2405', '\0CNTT\n2405'), 'OWNER_DISPATCH', 3],
    ['owners in another order', (text) => text.replace('01233:', '01235:'), 'OWNER_ORDER', 2],
    ['an owner twice', (text) => text.replace('01233:', '01234:'), 'OWNER_TWICE', 2],
    ['another block', (text) => text.replace('2405::/48', '2406::/48'), 'DIGEST_DIFFERS', 1],
    ['another digest', (text) => text.replace(/"digest":"[0-9a-f]{64}"/, `"digest":"${'0'.repeat(64)}"`), 'DIGEST_DIFFERS', 1],
  ])('refuses %s', (_what, change, code, line) => {
    expect(refusalOf(Buffer.from(change(good)))).toEqual({ code, line })
  })

  it('refuses bytes that are no UTF-8 where text may stand', () => {
    const spoilt = Buffer.from(good)
    spoilt[spoilt.lastIndexOf('CNTT')] = 0xff
    expect(refusalOf(spoilt)).toEqual({ code: 'DOCUMENT_NOT_UTF8', line: 4 })
    const header = Buffer.from(good)
    header[12] = 0xff
    expect(refusalOf(header)).toEqual({ code: 'DOCUMENT_NOT_UTF8', line: 1 })
  })

  it('never takes a document with one byte changed as the same list, and never throws but RevisionError', () => {
    const random = createSeeded(5715)
    const bytes = Buffer.from(good)
    const start = header.length + 1
    for (let i = 0; i < 1_500; i += 1) {
      const spoilt = Buffer.from(bytes)
      const at = start + random.below(bytes.length - start)
      spoilt[at] = random.below(256)
      if (spoilt.equals(bytes)) continue
      const refusal = refusalOf(spoilt)
      // What is still taken differs in owners only: every block is under the digest.
      if (refusal === undefined)
        expect(digestOf(parseAllowDocument(spoilt).approved)).toBe(digestOf(parseAllowDocument(bytes).approved))
    }
  })
})

function refusalOf(bytes: Uint8Array): { code: string; line: number } | undefined {
  try {
    parseAllowDocument(bytes)
  } catch (error) {
    if (!(error instanceof RevisionError)) throw error
    return { code: error.code, line: error.line }
  }
  return undefined
}

/** Reads the lines with nothing but `split`: the naive twin of the parser. */
function linesOf(bytes: Uint8Array): AllowEntry[] {
  const [, ...lines] = Buffer.from(bytes).toString().split('\n').slice(0, -1)
  return lines.map((line) => {
    const [block = '', ...owners] = line.split('\t')
    return {
      block: block as Block,
      owners: owners.map((owner) => {
        const [facility = '', province = '', ...dispatch] = owner.split(':')
        return { facility, province, dispatch: dispatch.join(':') }
      }),
    }
  })
}

function ownersByWalk(entries: readonly AllowEntry[], address: Block): readonly Owner[] {
  const around = sortBlocks(entries.map((entry) => entry.block).filter((block) => covers(block, address)))
  return entries.find((entry) => entry.block === around.at(-1))?.owners ?? []
}

function someEntries(random: Seeded): AllowEntry[] {
  const blocks = new Set(Array.from({ length: random.below(40) }, () => placedBlock(random).block))
  return Array.from(blocks, (block) => ({
    block,
    owners: sortOwners(
      Array.from({ length: 1 + random.below(3) }, () =>
        anOwner({
          facility: random.digits(5),
          province: String(random.below(4)).padStart(2, '0'),
          dispatch: ['1923/BHXH-CNTT', 'Công văn số 7', '1:2:3', 'đ', '~'][random.below(5)] ?? 'x',
        }),
      ),
    ),
  }))
}

function someHeader(random: Seeded): Partial<ReturnType<typeof aRevision>> {
  return {
    revision: 1 + random.below(1_000_000),
    mode: random.below(2) === 0 ? 'observe' : 'enforce',
    enforceFrom: random.below(2) === 0 ? null : '2024-07-27T00:00+07:00',
    shrink: random.below(2) === 0 ? null : { reason: 'gộp tỉnh "2025"\n', requestedBy: 'person-a', approvedBy: 'person-b' },
  }
}
