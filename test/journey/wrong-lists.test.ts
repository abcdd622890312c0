/** What people get wrong in a list, and what must come of it: refused with a code, and nobody who is approved is locked out meanwhile. */
import { describe, expect, it } from 'vitest'
import { anEntry } from '../support/allow-lists.ts'
import { aLab, aList, codesOf, ENTRIES, edited, expectRight, MINUTE_MS, without } from '../support/mistaken-edge.ts'

interface Mistake {
  readonly what: string
  readonly list: () => Uint8Array
  readonly named?: number
  /** `taken`: it may be meant, and two people said so. */
  readonly code: string
  readonly why: string
}

const two = { reason: 'the province left the contract', requestedBy: 'An', approvedBy: 'Bình' }

const LISTS: readonly Mistake[] = [
  { what: 'an empty list', list: () => aList(413, { entries: [] }), code: 'LIST_EMPTY', why: 'every hospital would be refused' },
  {
    what: 'the whole of IPv4',
    list: () => aList(413, { entries: [...ENTRIES, anEntry('0.0.0.0/0')] }),
    code: 'LIST_ALL_COVERING',
    why: 'an open door',
  },
  {
    what: 'the whole of IPv4 in halves',
    list: () => aList(413, { entries: [...ENTRIES, anEntry('0.0.0.0/1'), anEntry('128.0.0.0/1')] }),
    code: 'LIST_ALL_COVERING',
    why: 'the same in disguise',
  },
  {
    what: 'the whole of IPv6',
    list: () => aList(413, { entries: [...ENTRIES, anEntry('::/0')] }),
    code: 'LIST_ALL_COVERING',
    why: 'the other family',
  },
  {
    what: 'a /8 of a carrier',
    list: () => aList(413, { entries: [...ENTRIES, anEntry('14.0.0.0/8')] }),
    code: 'LIST_ALL_COVERING',
    why: 'a slip from /28 to /8',
  },
  {
    what: 'a /31 of IPv6',
    list: () => aList(413, { entries: [...ENTRIES, anEntry('2402:800::/31')] }),
    code: 'LIST_ALL_COVERING',
    why: 'wider than any carrier',
  },
  {
    what: 'a whole country in pieces',
    list: () =>
      aList(413, {
        entries: [...ENTRIES, ...Array.from({ length: 257 }, (_, i) => anEntry(`${30 + Math.floor(i / 256)}.${i % 256}.0.0/16`))],
      }),
    code: 'LIST_ALL_COVERING',
    why: 'many wide blocks open as much as one',
  },
  {
    what: 'half the units missing',
    list: () => aList(413, { entries: ENTRIES.filter((_, i) => i % 2 === 0) }),
    code: 'LIST_SHRINKS',
    why: 'a sheet was cut',
  },
  {
    what: 'an eighth of the units missing',
    list: () => aList(413, { entries: ENTRIES.filter((_, i) => i % 8 !== 7) }),
    code: 'LIST_SHRINKS',
    why: 'just over the limit of a tenth',
  },
  {
    what: 'a province missing',
    list: () => aList(413, { entries: without('24') }),
    code: 'PROVINCE_LOST',
    why: 'its workbook was not imported',
  },
  {
    what: 'IPv6 forgotten',
    list: () => aList(413, { entries: without('92') }),
    code: 'PROVINCE_LOST',
    why: 'a form without the column',
  },
  {
    what: 'half the provinces missing',
    list: () => aList(413, { entries: without('24').filter(({ owners }) => owners[0]?.province !== '79') }),
    code: 'PROVINCE_LOST',
    why: 'an old backup of the database',
  },
  {
    what: 'a loss confirmed by one person twice',
    list: () => aList(413, { entries: without('24'), shrink: { ...two, approvedBy: ' AN ' } }),
    code: 'PROVINCE_LOST',
    why: 'one person with two spellings',
  },
  {
    what: 'a loss confirmed without a reason',
    list: () => aList(413, { entries: without('24'), shrink: { ...two, reason: '  ' } }),
    code: 'PROVINCE_LOST',
    why: 'a blank is no reason',
  },
  {
    what: 'an opening confirmed as a loss',
    list: () => aList(413, { entries: [...ENTRIES, anEntry('0.0.0.0/0')], shrink: two }),
    code: 'LIST_ALL_COVERING',
    why: 'a confirmation to shrink is none to open',
  },
  {
    what: 'a loss that two people confirmed',
    list: () => aList(413, { entries: without('24'), shrink: two }),
    code: 'taken',
    why: 'it is meant',
  },
  {
    what: 'an older list, by restoring a backup',
    list: () => aList(411),
    named: 411,
    code: 'REVISION_OLDER',
    why: 'revoked addresses would be back',
  },
  {
    what: 'another list under a number that was used',
    list: () => aList(412, { entries: [...ENTRIES, anEntry('20.8.0.1')] }),
    named: 412,
    code: 'REVISION_REWRITTEN',
    why: 'a number means one list',
  },
  {
    what: 'a list under another number',
    list: () => aList(413),
    named: 414,
    code: 'TARGET_MISMATCH',
    why: 'files were mixed up',
  },
  {
    what: 'a workbook as the list',
    list: () => Buffer.from([0x50, 0x4b, 0x03, 0x04, 0xff, 0xfe, 0x0a]),
    code: 'DOCUMENT_NOT_UTF8',
    why: 'the wrong file',
  },
  {
    what: 'a CSV as the list',
    list: () => Buffer.from('facility,address\n01234,20.0.0.1\n'),
    code: 'HEADER_NOT_JSON',
    why: 'the wrong file',
  },
  { what: 'an empty file', list: () => Buffer.from(''), code: 'HEADER_MISSING', why: 'a copy that failed' },
  {
    what: 'a list cut short in a line',
    list: () => edited((text) => text.slice(0, -7)),
    code: 'LINE_NOT_ENDED',
    why: 'a disk that was full',
  },
  {
    what: 'a list cut short between lines',
    list: () => edited((text) => text.slice(0, text.lastIndexOf('\n', text.length - 2) + 1)),
    code: 'COUNT_DIFFERS',
    why: 'a disk that was full',
  },
  {
    what: 'an address changed by hand',
    list: () => edited((text) => text.replace('\n20.0.0.20\t', '\n20.0.0.21\t')),
    code: 'DIGEST_DIFFERS',
    why: 'an editor on the server',
  },
  {
    what: 'lines sorted as text',
    list: () => edited((text) => text.replace(/\n(20\.0\.0\.2\t.*)\n(20\.0\.0\.3\t.*)\n/, '\n$2\n$1\n')),
    code: 'ENTRY_ORDER',
    why: 'an editor on the server',
  },
  {
    what: 'a line twice',
    list: () => edited((text) => text.replace(/\n(20\.0\.0\.2\t.*)\n/, '\n$1\n$1\n')),
    code: 'ENTRY_TWICE',
    why: 'pasted twice',
  },
  {
    what: 'an address with leading zeros',
    list: () => edited((text) => text.replace('\n20.0.0.2\t', '\n20.0.0.002\t')),
    code: 'ENTRY_BLOCK',
    why: 'other readers take it for octal',
  },
  {
    what: 'a facility of four digits',
    list: () => edited((text) => text.replace('\t01234:01:', '\t1234:01:')),
    code: 'OWNER_FORM',
    why: 'a spreadsheet ate the zero',
  },
  {
    what: 'a mode that is none',
    list: () => edited((text) => text.replace('"mode":"enforce"', '"mode":"enforced"')),
    code: 'HEADER_FIELD',
    why: 'a slip of the pen',
  },
  {
    what: 'a start date without offset',
    list: () => edited((text) => text.replace('"enforceFrom":null', '"enforceFrom":"2024-08-01T00:00"')),
    code: 'HEADER_DATE',
    why: 'it means another instant elsewhere',
  },
]

describe('a wrong list changes nothing and is told', () => {
  it.each(LISTS.map((row) => [row.what, row.code, row.why, row] as const))(
    '%s: %s (%s)',
    async (_what, code, _why, { list, named }) => {
      const lab = await aLab()
      lab.source.publish(named ?? 413, list())
      await lab.time.advance(MINUTE_MS)
      expectRight(lab)
      expect(codesOf(lab)).toEqual(code === 'taken' ? [] : [code])
      expect(lab.firewall.program?.revision).toBe(code === 'taken' ? 413 : 412)
      if (code !== 'taken') expect(lab.client.posted.at(-1)?.body).toMatchObject({ revision: 412, fault: { code } })
    },
  )
})
