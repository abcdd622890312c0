import { parse } from 'csv-parse/sync'
import { describe, expect, it } from 'vitest'
import { CSV_HEAD, verdictLine } from '../../../control-api/imports/verdicts-csv.ts'

const aVerdict = (value: string) => ({
  import_id: 'i-1',
  seq: 0,
  row: 7,
  section: null,
  verdict: 'refused',
  code: 'HOST_NAME',
  field: 'block',
  value,
  facility: '01234',
  block: '',
  message_vi: 'dòng 7',
  message_en: 'row 7',
})

describe('verdictLine', () => {
  it.each([
    ['=cmd|x', "'=cmd|x"],
    ['+1', "'+1"],
    ['-1', "'-1"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['＝1', "'＝1"],
    ['\t=1', "'\t=1"],
    ['a "b", c\nd', 'a "b", c\nd'],
  ])('writes %j so that a spreadsheet reads %j and runs nothing', (value, read) => {
    const [header, row] = parse(`${CSV_HEAD}${verdictLine(aVerdict(value))}`, { bom: true }) as string[][]
    expect(header?.[6]).toBe('Giá trị / value')
    expect(row?.[6]).toBe(read)
  })
})
