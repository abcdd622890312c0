import { describe, expect, it } from 'vitest'
import { readWorkbook } from '../../../control-api/imports/read-workbook.ts'
import { readWorkbookApart } from '../../../control-api/imports/read-workbook-apart.ts'
import { IMPORT_LIMITS } from '../../../control-api/imports/sheet.ts'
import { sampleWorkbook } from '../../../control-api/sample/sample-workbook.ts'
import { START_MS } from '../../support/registrations.ts'

const file = sampleWorkbook(1, 200, START_MS)

describe('readWorkbookApart', () => {
  it('gives what readWorkbook gives', async () => {
    expect(await readWorkbookApart(file, IMPORT_LIMITS)).toEqual(readWorkbook(file, IMPORT_LIMITS))
  })

  it('refuses with the same code and words in both languages', async () => {
    await expect(readWorkbookApart(file.subarray(0, 5000), IMPORT_LIMITS)).rejects.toMatchObject({
      name: 'ControlError',
      code: 'FILE_DAMAGED',
      vi: expect.stringContaining('Tệp bị hỏng'),
    })
  })

  it('gives up on a workbook that takes longer than it may', async () => {
    await expect(readWorkbookApart(file, IMPORT_LIMITS, 0)).rejects.toMatchObject({ code: 'FILE_TOO_LARGE' })
  })
})
