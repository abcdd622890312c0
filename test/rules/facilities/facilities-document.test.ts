import { describe, expect, it } from 'vitest'
import { facilitiesChunks, findFacilitiesList, parseFacilities } from '../../../rules/facilities/facilities-document.ts'
import { codeOf } from '../../support/code-of.ts'

const LIST = 'ab'.repeat(32)
const LINES = '14.160.0.7\t01234:24:1923/BHXH-CNTT\n14.160.8.0/29\t01234:24:A 1\t05678:79:B\n'
const textOf = (lines: string) => [...facilitiesChunks(lines, LIST)].join('')

describe('facilities document', () => {
  it('tells facility and province of every block, without the dispatches', () => {
    const text = textOf(LINES)
    expect(text).not.toContain('1923')
    expect(JSON.parse(text)).toMatchObject({
      rows: [
        ['14.160.0.7', '01234:24'],
        ['14.160.8.0/29', '01234:24', '05678:79'],
      ],
    })
    expect(parseFacilities(Buffer.from(text))).toEqual({
      list: LIST,
      rows: [
        { block: '14.160.0.7', facilities: [{ facility: '01234', province: '24' }] },
        {
          block: '14.160.8.0/29',
          facilities: [
            { facility: '01234', province: '24' },
            { facility: '05678', province: '79' },
          ],
        },
      ],
    })
  })

  it('is read whole or not at all', () => {
    expect(parseFacilities(Buffer.from(textOf(''))).rows).toEqual([])
    expect(findFacilitiesList(Buffer.from(textOf(LINES)))).toBe(LIST)
    expect(findFacilitiesList(Buffer.from(textOf(LINES).slice(0, -1)))).toBeUndefined()
    const text = textOf(LINES)
    for (let length = 0; length < text.length; length += 1)
      expect(
        codeOf(() => parseFacilities(Buffer.from(text.slice(0, length)))),
        `${length} bytes`,
      ).toBe('FACILITIES_FORM')
    for (const wrong of [text.replace('01234:24', '1234:24'), text.replace('14.160.0.7', '14.160.0.07'), text.replace('],', ']')])
      expect(codeOf(() => parseFacilities(Buffer.from(wrong)))).toBe('FACILITIES_FORM')
  })

  it('is made piece by piece', () => {
    const lines = Array.from({ length: 5000 }, (_, i) => `14.160.${i >> 8}.${i & 255}\t01234:24:x\n`).join('')
    const chunks = [...facilitiesChunks(lines, LIST)]
    expect(chunks.length).toBeGreaterThan(2)
    expect(parseFacilities(Buffer.from(chunks.join(''))).rows).toHaveLength(5000)
  })
})
