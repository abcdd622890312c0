import { describe, expect, it } from 'vitest'
import { createControlAppSetup } from '../../support/control-app.ts'
import { FORM_02_HEADER, makeWorkbook } from '../../support/make-workbook.ts'
import { START_MS } from '../../support/registrations.ts'

const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'

async function aDesk() {
  const { app, as, logLines } = await createControlAppSetup({ startMs: START_MS })
  const ask = async (person: keyof typeof as, method: 'GET' | 'POST', url: string, payload?: object) => {
    const answer = await app.inject({ method, url, headers: as[person], ...(payload === undefined ? {} : { payload }) })
    return {
      status: answer.statusCode,
      text: answer.body,
      headers: answer.headers,
      body: answer.headers['content-type']?.includes('json') ? answer.json<Record<string, unknown>>() : {},
    }
  }
  const send = async (
    file: Uint8Array,
    query = 'province=01&dispatch=11/BHXH-CNTT',
    type = XLSX,
    person: keyof typeof as = 'operator',
  ) => {
    const answer = await app.inject({
      method: 'POST',
      url: `/v1/imports?${query}`,
      headers: { ...as[person], 'content-type': type },
      payload: Buffer.from(file),
    })
    return { status: answer.statusCode, body: answer.json<Record<string, unknown>>() }
  }
  return { ask, send, logLines }
}

const aWorkbook = (...rows: readonly (readonly [facility: string | number, block: string])[]) =>
  makeWorkbook({
    IP: {
      rows: [[...FORM_02_HEADER], ...rows.map(([facility, block], index) => [index + 1, 'Trạm y tế xã mẫu', facility, block])],
    },
  })

describe('/v1/imports', () => {
  it('judges, takes, and opens by a second person, from XLSX to the registrations', async () => {
    const { ask, send } = await aDesk()
    const made = await send(aWorkbook(['01234', '14.160.12.34'], ['01235', '14.160.12.35']))
    expect(made.status).toBe(201)
    expect(made.body).toMatchObject({
      isNew: true,
      taken: true,
      sheet: 'IP',
      by: 'operator-1',
      counts: { rows: 2, adds: 2, cancels: 0, unchanged: 0, refused: 0 },
      waiting: { adds: 2, cancels: 0 },
      verdicts: [{ row: 2, verdict: 'add', block: '14.160.12.34' }, { row: 3 }],
    })
    const { importId } = made.body
    const approved = await ask('approver', 'POST', '/v1/registrations/approve', { importId, dispatch: '12/CNTT' })
    expect(approved.body).toEqual({ importId, approved: 2, revoked: 0 })
    expect((await ask('reader', 'GET', `/v1/registrations?importId=${String(importId)}`)).body.items).toMatchObject([
      { state: 'approved', importId },
      { state: 'approved', importId },
    ])
    expect((await ask('reader', 'GET', `/v1/imports/${String(importId)}`)).body).toMatchObject({
      waiting: { adds: 0, cancels: 0 },
    })
    const again = await send(aWorkbook(['01234', '14.160.12.34'], ['01235', '14.160.12.35']))
    expect([again.status, again.body.isNew, again.body.importId]).toEqual([200, false, importId])
  })

  it('takes nothing while a row is refused, tells which and why, as pages and as CSV', async () => {
    const { ask, send, logLines } = await aDesk()
    const made = await send(aWorkbook(['01234', '14.160.12.34'], [1235, '14.160.12.35'], ['01236', '=HYPERLINK("http://x")']))
    expect(made.body).toMatchObject({ taken: false, counts: { adds: 1, refused: 2 } })
    const id = String(made.body.importId)
    const refused = await ask('reader', 'GET', `/v1/imports/${id}/verdicts?verdict=refused&limit=1`)
    expect(refused.body).toMatchObject({
      items: [{ row: 3, code: 'LEADING_ZERO_LOST', field: 'facility', value: '1235' }],
      next: '1',
    })
    const csv = await ask('reader', 'GET', `/v1/imports/${id}/verdicts.csv`)
    expect(csv.headers['content-disposition']).toBe(`attachment; filename="verdicts-${id}.csv"`)
    expect(csv.text.split('\r\n')).toHaveLength(5)
    expect(csv.text).toContain(`"'=HYPERLINK(""http://x"")"`)
    expect(logLines.join('')).not.toContain('HYPERLINK')
    expect((await ask('reader', 'GET', '/v1/registrations')).body.items).toEqual([])
    expect((await ask('approver', 'POST', '/v1/registrations/approve', { importId: id, dispatch: '1/X' })).body.code).toBe(
      'NOT_TAKEN',
    )
    expect((await send(aWorkbook(['01234', '14.160.12.34']), 'province=01&dispatch=1/X&accept=none')).body).toMatchObject({
      taken: false,
    })
  })

  it('takes CSV with the same columns', async () => {
    const { send } = await aDesk()
    const csv = Buffer.from('STT;Tên CSKCB;Mã CSKCB;Địa chỉ IP\n1;Trạm y tế xã mẫu;01234;14.160.12.34\n')
    expect((await send(csv, 'province=01&dispatch=1/X&accept=valid', 'text/csv')).body).toMatchObject({
      taken: true,
      sheet: 'CSV',
    })
  })

  it.each<[string, Uint8Array, string, string, number, string]>([
    ['an empty body', new Uint8Array(0), 'province=01&dispatch=1/X', XLSX, 400, 'FILE_EMPTY'],
    [
      'another table',
      makeWorkbook({ 'Bảng lương': { rows: [['Họ tên', 'Lương']] } }),
      'province=01&dispatch=1/X',
      XLSX,
      400,
      'WRONG_SHEET',
    ],
    ['no dispatch', aWorkbook(['01234', '14.160.12.34']), 'province=01', XLSX, 400, 'BAD_FIELDS'],
    ['an unknown option', aWorkbook(['01234', '14.160.12.34']), 'dispatch=1/X&approve=true', XLSX, 400, 'BAD_FIELDS'],
    ['a picture', new Uint8Array(10), 'dispatch=1/X', 'image/png', 415, 'WRONG_TYPE'],
    ['JSON', Buffer.from('{}'), 'dispatch=1/X', 'application/json', 415, 'WRONG_TYPE'],
  ])('refuses %s', async (_what, file, query, type, status, code) => {
    const { send } = await aDesk()
    const refused = await send(file, query, type)
    expect([refused.status, refused.body.code]).toEqual([status, code])
  })

  it('lets an operator import, others read, and nobody without a credential', async () => {
    const { ask, send } = await aDesk()
    const file = aWorkbook(['01234', '14.160.12.34'])
    expect((await send(file, undefined, XLSX, 'reader')).status).toBe(403)
    const { body } = await send(file)
    expect((await ask('reader', 'GET', '/v1/imports')).body.items).toMatchObject([{ importId: body.importId }])
    expect((await ask('reader', 'GET', '/v1/imports/none')).status).toBe(404)
    const refused = await ask('approver', 'POST', `/v1/imports/${String(body.importId)}/refuse`, {
      dispatch: '9/X',
      reason: 'sai đơn vị',
    })
    expect(refused.body).toEqual({ importId: body.importId, refused: 1, kept: 0 })
  })
})
