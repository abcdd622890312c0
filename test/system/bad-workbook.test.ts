/** What an officer gets for a form-02 workbook with every usual mistake: a verdict for each row, and nothing taken that was not asked for. */
import { readFile, writeFile } from 'node:fs/promises'
import t from 'tap'
import { type Cell, FORM_02_HEADER, makeWorkbook, type Sheet } from '../support/make-workbook.ts'
import { type OwnRun, runOwn } from '../support/run-own.ts'
import { createWorkDir } from '../support/work-dir.ts'

interface RowVerdict {
  readonly row: number
  readonly verdict: string
  readonly code: string | null
}

t.setTimeout(280_000)
await using folder = await createWorkDir('ew-workbook')
const data = folder.file('data')
const made = await runOwn('control-api/main.ts', ['init', '--data', data, '--tokens-file', folder.file('tokens.json')])
t.equal(made.exitCode, 0, made.stderr)

/** Runs `control import` on a workbook of these sheets. */
async function importBook(sheets: Readonly<Record<string, Sheet>>, ...more: string[]): Promise<OwnRun> {
  const file = folder.file('form-02.xlsx')
  await writeFile(file, makeWorkbook(sheets))
  return importFile(file, ...more)
}

function importFile(file: string, ...more: string[]): Promise<OwnRun> {
  const order = ['--dispatch', '1185/BHXH-CNTT', '--province', '75', '--person', 'an', '--data', data, '--json']
  return runOwn('control-api/main.ts', ['import', file, ...order, ...more])
}

function verdictsOf({ stdout }: OwnRun): RowVerdict[] {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as RowVerdict)
}

function row(facility: Cell, block: Cell, name: Cell = 'Trạm y tế xã mẫu'): Cell[] {
  return ['1', name, facility, block, 'VNPT', '', '']
}

/** Every row with the code it must get; `null` where it is right. */
const ROWS: readonly (readonly [cells: Cell[], code: string | null, reason: string])[] = [
  [row('75001', '14.160.1.1'), null, 'a right row'],
  [row('75002', '10.20.30.40'), 'PRIVATE_USE', 'a private address'],
  [row('75003', '100.64.7.7'), 'SHARED_ADDRESS_SPACE', 'an address behind a carrier’s NAT'],
  [row('75004', '１４.160.1.4'), 'NOT_ASCII', 'full-width digits'],
  [row('75005', { formula: '"14.160."&"1.5"', value: '14.160.1.5' }), 'FORMULA', 'a formula'],
  [row(75006, '14.160.1.6'), null, 'a code of five digits that is a number'],
  [row(1234, '14.160.1.7'), 'LEADING_ZERO_LOST', 'a code whose zero the spreadsheet has eaten'],
  [row('75008', '14.160.1.8'), null, 'a right row'],
  [row('75008', '14.160.1.8'), 'DUPLICATE_ROW', 'the same row again'],
  [row('75009', '14.160.1.9'), 'CONFLICT_IN_FILE', 'an address that the next unit claims too'],
  [row('75010', '14.160.1.9'), 'CONFLICT_IN_FILE', 'an address that the unit before claims too'],
  [row('75011', '14.160.1.11', 'Bệnh viện mẫu 75011'), 'MERGED_CELLS', 'a name merged over two rows'],
  [row('75011', '14.160.1.12', null), 'MERGED_CELLS', 'the other one of the two'],
  [row('75013', ''), 'BLOCK_MISSING', 'no address'],
  [row('75014', 14.161), 'BLOCK_NUMERIC', 'an address that the spreadsheet took for a number'],
  [row('75015', '14.160.1.0/16'), 'HOST_BITS', 'a prefix with host bits'],
  [row('75016', '14.160.1.16'), null, 'a right row'],
]
const HEADER_ROWS = 3
const rowNumber = (reason: string) => HEADER_ROWS + 1 + ROWS.findIndex(([, , one]) => one === reason)
const BOOK: Record<string, Sheet> = {
  'Biểu 02': {
    rows: [['BIỂU 02/TH-IP-CTN'], [...FORM_02_HEADER], ['THÊM MỚI'], ...ROWS.map(([cells]) => cells)],
    merged: [`B${rowNumber('a name merged over two rows')}:B${rowNumber('the other one of the two')}`],
  },
}

await t.test('each row gets its verdict, and nothing is taken while one is refused', async (t) => {
  for (const more of [[], ['--force']]) {
    const run = await importBook(BOOK, ...more)
    t.equal(run.exitCode, 1, 'refused')
    t.match(run.stderr, /17 rows, 4 to add, .* 13 refused\. Nothing was taken/)
    const verdicts = verdictsOf(run).filter(({ row }) => row > HEADER_ROWS)
    t.equal(verdicts.length, ROWS.length, 'no row is lost')
    for (const [number, [, code, reason]] of ROWS.entries()) {
      const verdict = verdicts.find((one) => one.row === HEADER_ROWS + 1 + number)
      t.match(verdict, { verdict: code === null ? 'add' : 'refused', code }, `${reason}: ${code ?? 'to add'}`)
    }
  }
})

await t.test('the right rows are taken when the officer says so, and stay right', async (t) => {
  const run = await importBook(BOOK, '--accept', 'valid', '--force')
  t.equal(run.exitCode, 0, run.stderr)
  t.match(run.stderr, /4 to add, .* 13 refused\. Taken/)
  const again = await importBook(BOOK, '--accept', 'none', '--force')
  t.match(again.stderr, /0 to add, .* 4 unchanged, 13 refused/)
})

await t.test('a conflict with what another unit holds names the unit', async (t) => {
  const run = await importBook({ IP: { rows: [[...FORM_02_HEADER], row('75099', '14.160.1.1')] } })
  t.equal(run.exitCode, 1)
  t.match(verdictsOf(run), [{ verdict: 'refused', code: 'CONFLICT' }])
  t.match(run.stdout, /75001/)
})

await t.test('a workbook without the table says which sheets it has', async (t) => {
  const run = await importBook({ 'Bảng lương': { rows: [['Họ tên', 'Lương']] }, 'Ghi chú': { rows: [['x']] } })
  t.equal(run.exitCode, 1)
  t.equal(run.stdout, '')
  t.match(run.stderr, /Bảng lương/)
  t.match(run.stderr, /Ghi chú/)
  t.notMatch(run.stderr, /\n\s+at /, 'no stack')
})

await t.test('a damaged workbook is refused in one sentence', async (t) => {
  const whole = await readFile(folder.file('form-02.xlsx'))
  await writeFile(folder.file('half.xlsx'), whole.subarray(0, whole.length / 2))
  const run = await importFile(folder.file('half.xlsx'))
  t.equal(run.exitCode, 1)
  t.match(run.stderr, /damaged|not what its name says/i)
  t.notMatch(run.stderr, /\n\s+at /, 'no stack')
})

await t.test('40,000 rows are read, judged and taken', async (t) => {
  const rows = Array.from({ length: 40_000 }, (_, number) => {
    const facility = String(10_000 + Math.floor(number / 2))
    return row(facility, `27.${64 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}`)
  })
  rows[20_000] = row('19999', '192.168.1.1')
  const begun = performance.now()
  const run = await importBook({ 'Tổng hợp': { rows: [[...FORM_02_HEADER], ['Thêm mới'], ...rows] } }, '--accept', 'valid')
  t.equal(run.exitCode, 0, run.stderr)
  t.match(run.stderr, /40000 rows, 39999 to add, 0 to cancel, 0 unchanged, 1 refused\. Taken/)
  t.match(
    verdictsOf(run).filter(({ verdict }) => verdict === 'refused'),
    [{ row: 20_003, code: 'PRIVATE_USE' }],
    'the one bad row is named by its place in the sheet',
  )
  t.comment(`made, read, judged and stored in ${((performance.now() - begun) / 1000).toFixed(1)} s`)
})
