import { describe, expect, it } from 'vitest'
import { parseControlConfig } from '../../../control-api/config/parse-control-config.ts'
import { changeMapping } from '../../../control-api/imports/column-mapping.ts'
import { readImport } from '../../../control-api/imports/import-schemas.ts'
import { type ImportOrder, type ImportProgress, importWorkbook } from '../../../control-api/imports/import-workbook.ts'
import { readWorkbook } from '../../../control-api/imports/read-workbook.ts'
import type { ImportLimits } from '../../../control-api/imports/sheet.ts'
import { approvalsAt } from '../../../control-api/registrations/approvals-at.ts'
import { approveImport } from '../../../control-api/registrations/approve-import.ts'
import { readRegistration } from '../../../control-api/registrations/read-registration.ts'
import { refuseImport } from '../../../control-api/registrations/refuse-import.ts'
import { sampleWorkbook } from '../../../control-api/sample/sample-workbook.ts'
import type { Actor } from '../../../control-api/store/store.ts'
import { createSeededBytes } from '../../support/control-app.ts'
import { FORM_02_HEADER, makeWorkbook } from '../../support/make-workbook.ts'
import { APPROVER, aStore, OPERATOR, START_MS, type StoreInTest } from '../../support/registrations.ts'

/** In this thread: starting one for each test takes longer than the test. */
const readSheets = async (bytes: Uint8Array, limits: ImportLimits) => readWorkbook(bytes, limits)

type Row = readonly [section: 'add' | 'cancel', facility: string, block: string]

function aWorkbook(...rows: readonly Row[]): Uint8Array {
  const of = (wanted: Row[0]) =>
    rows
      .filter(([section]) => section === wanted)
      .map(([, facility, block], index) => [index + 1, `Trạm y tế xã mẫu ${facility}`, facility, block])
  return makeWorkbook({ IP: { rows: [['Biểu 02'], [...FORM_02_HEADER], ['Thêm mới'], ...of('add'), ['Hủy'], ...of('cancel')] } })
}

async function aDesk() {
  const made = await aStore()
  const randomBytes = createSeededBytes('desk')
  const send = (
    file: Uint8Array,
    order: Partial<ImportOrder> = {},
    onProgress?: (progress: ImportProgress) => void,
    actor: Actor = OPERATOR,
  ) =>
    importWorkbook(
      { store: made.store, clock: made.clock, randomBytes, readSheets, ...(onProgress === undefined ? {} : { onProgress }) },
      actor,
      file,
      {
        province: '01',
        dispatch: '11/BHXH-CNTT',
        accept: 'all',
        ...order,
      },
    )
  const approve = (importId: string, actor: Actor = APPROVER) =>
    made.change(actor, (change) => approveImport(change, importId, '12/CNTT'))
  const counts = async (importId: string) => (await made.store.read((db) => readImport(db, importId))).counts
  return { ...made, send, approve, counts }
}

const openAt = async ({ store, clock }: StoreInTest) =>
  (await approvalsAt(store, clock.nowMs())).map((approval) => `${approval.owner.facility} ${approval.block}`).sort()

describe('importWorkbook', () => {
  it('keeps no identifier of a citizen from any cell', async () => {
    const { store, send } = await aDesk()
    const citizen = Array.from({ length: 12 }, (_, i) => i % 10).join('')
    const rows = [
      [1, `Trạm ${citizen}`, '01234', '14.160.12.34', citizen, citizen, `CCCD ${citizen}`],
      [2, 'Trạm', '01235', citizen, '', '', ''],
      [3, 'Trạm', citizen, '14.160.12.36', '', '', ''],
      ['', `Người lập: ${citizen}`],
    ]
    const file = makeWorkbook({ IP: { rows: [[...FORM_02_HEADER], ['Thêm mới'], ...rows] } })
    await send(file, { accept: 'valid' })
    const kept = await store.read(async (db) => [
      await db.selectFrom('registration').selectAll().execute(),
      await db.selectFrom('facility').selectAll().execute(),
      await db.selectFrom('import').selectAll().execute(),
      await db.selectFrom('import_verdict').selectAll().execute(),
      await db.selectFrom('audit').selectAll().execute(),
    ])
    expect(JSON.stringify(kept)).toContain('•'.repeat(12))
    expect(JSON.stringify(kept)).not.toContain(citizen)
  })

  it('finds columns and sections by the titles of the config', async () => {
    const desk = await aDesk()
    const { columns, sections } = parseControlConfig(
      'imports: {columns: {block: [Cổng ra]}, sections: {cancel: [Ngừng]}}',
    ).imports
    const file = makeWorkbook({
      IP: {
        rows: [
          ['Tên CSKCB', 'Mã CSKCB', 'Cổng ra'],
          ['Thêm mới'],
          ['Trạm y tế xã mẫu 01234', '01234', '14.160.12.34'],
          ['Ngừng'],
        ],
      },
    })
    const order: ImportOrder = { province: '01', dispatch: '11/BHXH-CNTT', accept: 'all' }
    const parts = { store: desk.store, clock: desk.clock, randomBytes: createSeededBytes('titles'), readSheets }
    await expect(importWorkbook(parts, OPERATOR, file, order)).rejects.toMatchObject({ code: 'COLUMN_MISSING' })
    const { importId, isTaken } = await importWorkbook(
      { ...parts, mapping: changeMapping({ columns, sections }) },
      OPERATOR,
      file,
      order,
    )
    expect(isTaken).toBe(true)
    expect(await desk.counts(importId)).toMatchObject({ adds: 1, refused: 0 })
  })

  it('takes a clean file; it opens when another person approves the import', async () => {
    const desk = await aDesk()
    const { importId, isTaken } = await desk.send(aWorkbook(['add', '01234', '14.160.12.34'], ['add', '01235', '14.160.12.35']))
    expect(isTaken).toBe(true)
    expect(await openAt(desk)).toEqual([])
    await expect(desk.approve(importId, { ...OPERATOR, role: 'approver' })).rejects.toMatchObject({ code: 'SAME_PERSON' })
    expect(await desk.approve(importId)).toEqual({ approved: 2, revoked: 0 })
    expect(await openAt(desk)).toEqual(['01234 14.160.12.34', '01235 14.160.12.35'])
    await expect(desk.approve(importId)).rejects.toMatchObject({ code: 'NOT_TAKEN' })
    const seen = await desk.store.read((db) => readRegistration(db, { person: 'an', role: 'operator' }, 1, START_MS))
    expect(seen.history.map((step) => [step.step, step.by, step.dispatch])).toEqual([
      ['register', 'an', '11/BHXH-CNTT'],
      ['endorse', 'an', '11/BHXH-CNTT'],
      ['approve', 'binh', '12/CNTT'],
    ])
  })

  it('takes nothing of a file with a refused row, the rest when the officer says so, nothing when only judging', async () => {
    const desk = await aDesk()
    const file = aWorkbook(['add', '01234', '14.160.12.34'], ['add', '01235', '10.0.0.1'])
    for (const accept of ['all', 'none'] as const) {
      const { importId, isTaken, isNew } = await desk.send(file, { accept })
      expect([isTaken, isNew]).toEqual([false, true])
      expect(await desk.counts(importId)).toEqual({ rows: 2, adds: 1, changes: 0, cancels: 0, unchanged: 0, refused: 1 })
    }
    expect(await desk.store.read((db) => db.selectFrom('registration').selectAll().execute())).toEqual([])
    const { importId } = await desk.send(file, { accept: 'valid' })
    expect(await desk.approve(importId)).toEqual({ approved: 1, revoked: 0 })
  })

  it('gives the first result for the same bytes, and reads them again when forced', async () => {
    const desk = await aDesk()
    const file = aWorkbook(['add', '01234', '14.160.12.34'])
    const first = await desk.send(file)
    expect(await desk.send(file)).toEqual({ importId: first.importId, isNew: false, isTaken: true })
    const again = await desk.send(file, { force: true })
    expect(again.isNew).toBe(true)
    expect(await desk.counts(again.importId)).toMatchObject({ adds: 0, unchanged: 1 })
  })

  it('cancels what is open only with the approval, and what is not open yet at once', async () => {
    const desk = await aDesk()
    const { importId } = await desk.send(aWorkbook(['add', '01234', '14.160.12.34']))
    await desk.approve(importId)
    await desk.send(aWorkbook(['add', '01234', '14.160.12.35']))
    const cancels = await desk.send(aWorkbook(['cancel', '01234', '14.160.12.34'], ['cancel', '01234', '14.160.12.35']))
    expect(await openAt(desk)).toEqual(['01234 14.160.12.34'])
    const states = async () =>
      (await desk.store.read((db) => db.selectFrom('registration').select(['state', 'version']).orderBy('id').execute())).map(
        (row) => `${row.state} ${row.version}`,
      )
    expect(await states()).toEqual(['approved 4', 'withdrawn 3'])
    expect(await desk.approve(cancels.importId)).toEqual({ approved: 0, revoked: 1 })
    expect(await states()).toEqual(['revoked 5', 'withdrawn 3'])
    expect(await openAt(desk)).toEqual([])
  })

  it('lets an address change hands in one file, without a moment in which both hold it', async () => {
    const desk = await aDesk()
    await desk.approve((await desk.send(aWorkbook(['add', '01234', '14.160.12.34']))).importId)
    const { importId } = await desk.send(aWorkbook(['add', '01235', '14.160.12.34'], ['cancel', '01234', '14.160.12.34']))
    expect(await openAt(desk)).toEqual(['01234 14.160.12.34'])
    await desk.approve(importId)
    expect(await openAt(desk)).toEqual(['01235 14.160.12.34'])
  })

  it('forgets what an import brought when it is refused, and keeps open what it would have cancelled', async () => {
    const desk = await aDesk()
    await desk.approve((await desk.send(aWorkbook(['add', '01234', '14.160.12.34']))).importId)
    const file = aWorkbook(['add', '01235', '14.160.12.35'], ['cancel', '01234', '14.160.12.34'])
    const { importId } = await desk.send(file)
    expect(
      await desk.change(APPROVER, (change) => refuseImport(change, importId, { dispatch: '13/CNTT', reason: 'sai đơn vị' })),
    ).toEqual({ refused: 1, kept: 1 })
    expect(await openAt(desk)).toEqual(['01234 14.160.12.34'])
    const again = await desk.send(file, { force: true })
    expect(await desk.counts(again.importId)).toMatchObject({ adds: 1, cancels: 1, refused: 0 })
  })

  it('loses everything when storing fails', async () => {
    const desk = await aDesk()
    await desk.change(OPERATOR, async (change) => {
      await change.audit({ action: 'test.break', target: 'registration' })
      await change.db.schema.dropIndex('registration_size').execute()
      await change.db.schema.alterTable('registration').renameColumn('note', 'noted').execute()
    })
    await expect(desk.send(aWorkbook(['add', '01234', '14.160.12.34']))).rejects.toThrow('note')
    expect(await desk.store.read((db) => db.selectFrom('import').selectAll().execute())).toEqual([])
    expect(await desk.store.read((db) => db.selectFrom('audit').select('action').execute())).toMatchObject([
      { action: 'test.break' },
    ])
  })

  it.each<[Partial<ImportOrder>, string]>([
    [{ province: '03' }, 'PROVINCE_UNKNOWN'],
    [{ dispatch: 'a\tb' }, 'BAD_FIELDS'],
    [{ sheet: 'Khác' }, 'WRONG_SHEET'],
  ])('refuses the order %j with %s', async (order, code) => {
    const desk = await aDesk()
    await expect(desk.send(aWorkbook(['add', '01234', '14.160.12.34']), order)).rejects.toMatchObject({ code })
  })

  it('refuses a table without rows', async () => {
    const desk = await aDesk()
    await expect(desk.send(aWorkbook())).rejects.toMatchObject({ code: 'FILE_EMPTY' })
  })

  it('reads thousands of rows and tells its progress', async () => {
    const desk = await aDesk()
    const told: string[] = []
    const { importId } = await desk.send(sampleWorkbook(5, 5000, START_MS), { province: undefined }, (progress) =>
      told.push(`${progress.step} ${progress.rows}/${progress.ofRows}`),
    )
    expect(told).toEqual(['read 2000/5000', 'read 4000/5000', 'read 5000/5000', 'stored 5000/5000'])
    expect(await desk.counts(importId)).toMatchObject({ rows: 5000, adds: 5000 })
  })
})
