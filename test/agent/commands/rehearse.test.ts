import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { read, utils } from '@e965/xlsx'
import { describe, expect, it } from 'vitest'
import { runAgent } from '../../support/run-agent.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const CITIZEN = '0'.repeat(12)

async function aLog() {
  const folder = await temporaryFolder()
  const line = (uri: string, at = '2024-07-31T12:00:00+07:00', ip = '203.0.113.7'): string =>
    JSON.stringify({ at, ip, uri, status: 200 })
  const log = join(folder, 'access.log')
  writeFileSync(
    log,
    `${[
      line('/api/egw/KQNhanLichSuKCB595?username=01234_bv'),
      line('/api/egw/KQNhanLichSuKCB595?username=01234_bv', '2024-08-02T12:00:00+07:00'),
      line(`/api/egw/KQNhanLichSuKCB2024?username=09999_${CITIZEN}`),
      line('/api/egw/KQNhanLichSuKCB2024?username=09999_BV', '2024-07-31T12:00:00+07:00', '198.51.100.1'),
    ].join('\n')}\n`,
  )
  return { folder, log }
}

const rowsOf = (stdout: string): string[][] =>
  stdout
    .trimEnd()
    .split('\r\n')
    .slice(1)
    .map((line) => line.split(','))

describe('agent rehearse', () => {
  it('tells by account and rule what holds at the time of each line', async () => {
    const { log } = await aLog()
    const { exitCode, stdout } = await runAgent(['rehearse', '--format', 'nginx-json', log])
    expect(exitCode).toBe(0)
    expect(
      rowsOf(stdout).map(([rule, reason, province, facility, account, , , , would, refused]) => [
        rule,
        reason,
        province,
        facility,
        account,
        would,
        refused,
      ]),
    ).toEqual([
      ['retired', 'FUNCTION_RETIRED', '01', '01234', '01234_BV', '1', '1'],
      ['shared', 'SHARED_ACCOUNT', '01', '01234', '01234_BV', '1', '0'],
      ['shared', 'SHARED_ACCOUNT', '09', '09999', '09999_BV', '1', '0'],
    ])
  })

  it('judges as of a day to come, for one facility, with the addresses of the registrations, and names nobody', async () => {
    const { folder, log } = await aLog()
    writeFileSync(join(folder, 'r.csv'), 'facility,address,dailyVisits\n09999,198.51.100.1,10\n')
    writeFileSync(join(folder, 'p.yaml'), 'address: { mode: enforce }\nshared: { mode: "off", enforceFrom: "" }\n')
    const page = join(folder, 'page.html')
    const { stdout } = await runAgent([
      'rehearse',
      '--format',
      'nginx-json',
      '--at',
      '2027-01-01T00:00+07:00',
      '--registrations',
      join(folder, 'r.csv'),
      '--policy',
      join(folder, 'p.yaml'),
      '--facility',
      '09999',
      '--json',
      '--page',
      page,
      log,
    ])
    const rows = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(rows).toMatchObject([
      { rule: 'address', reason: 'ADDRESS_OF_OTHER', facility: '09999', source: '203.0.113.7', refused: 1 },
    ])
    const html = readFileSync(page, 'utf8')
    expect(html).toContain('ADDRESS_OF_OTHER')
    expect(html + stdout).not.toContain(CITIZEN)
  })

  it('writes a workbook whose cells are text or numbers, for the days that are asked for', async () => {
    const { folder, log } = await aLog()
    const file = join(folder, 'r.xlsx')
    const days = ['--from', '2024-08-01', '--to', '2024-08-31']
    const { stdout } = await runAgent(['rehearse', '--format', 'nginx-json', ...days, '--xlsx', file, log])
    expect(rowsOf(stdout).map(([, reason, , , , , , , would, refused]) => [reason, would, refused])).toEqual([
      ['FUNCTION_RETIRED', '0', '1'],
    ])
    const book = read(readFileSync(file))
    expect(book.SheetNames).toEqual(['Phải sửa gì', 'Theo tỉnh', 'Theo cơ sở', 'Theo chức năng', 'Theo phần mềm', 'Chi tiết'])
    const [, details] = utils.sheet_to_json<unknown[]>(book.Sheets['Chi tiết'] ?? {}, { header: 1 })
    expect(details?.slice(0, 10)).toEqual([
      'Dùng chức năng đã ngừng / Retired function',
      'retired: FUNCTION_RETIRED',
      'Hà Nội (01, đến 30/06/2025)',
      '01234',
      '01234_BV',
      'KQNhanLichSuKCB595',
      '203.0.113.7',
      'nhật ký không ghi / not told by the log',
      0,
      1,
    ])
  })

  it('names the client software where a log tells it, and says plainly where another does not', async () => {
    const folder = await temporaryFolder()
    const [old, mixed] = [join(folder, 'old.log'), join(folder, 'mixed.log')]
    const line = (userAgent?: string): string =>
      `${JSON.stringify({ at: '2024-07-31T12:00:00+07:00', ip: '203.0.113.7', uri: '/api/egw/KQNhanLichSuKCB2024?username=01234_BV', status: '200', userAgent })}\n`
    writeFileSync(old, line() + line())
    writeFileSync(mixed, line() + line(`HIS/2 ${CITIZEN} "x"\u0001`) + line(`HIS/2 ${CITIZEN} "x"\u0001`) + line(''))
    const page = join(folder, 'page.html')
    const { stdout, stderr } = await runAgent(['rehearse', '--format', 'nginx-json', '--page', page, old, mixed])
    expect(rowsOf(stdout).map(([, , , , , , , client, would]) => [client, would])).toEqual([
      ['nhật ký không ghi / not told by the log', '3'],
      ['"HIS/2 ************ ""x""?"', '2'],
      ['', '1'],
    ])
    expect(stderr).toContain(`"${old}" does not tell the client software of any of 2 requests`)
    expect(stderr).toContain(`"${mixed}" does not tell the client software of 1 of 4 requests`)
    const html = readFileSync(page, 'utf8')
    expect(html).toContain('Nhật ký không ghi phần mềm của 3 lượt: các con số theo phần mềm chưa đủ.')
    expect(html).toContain('không nêu tên / none named')
    expect(html).toContain('HIS/2 ************ &#34;x&#34;?')
    expect(html + stdout).not.toContain(CITIZEN)
    const told = await runAgent(['rehearse', '--format', 'nginx-json', '--json', '--page', page, mixed, old])
    expect(
      told.stdout
        .split('\n')
        .filter(Boolean)
        .map((row) => (JSON.parse(row) as { client: unknown }).client),
    ).toEqual([null, 'HIS/2 ************ "x"?', ''])
    writeFileSync(mixed, line('HIS/2'))
    const whole = await runAgent(['rehearse', '--format', 'nginx-json', '--page', page, mixed])
    expect(whole.stderr).not.toContain('does not tell')
    expect(readFileSync(page, 'utf8')).not.toContain('chưa đủ')
  })

  it('says in words that nothing would be refused', async () => {
    const { folder, log } = await aLog()
    const page = join(folder, 'page.html')
    await runAgent(['rehearse', '--format', 'nginx-json', '--from', '2025-01-01', '--page', page, log])
    expect(readFileSync(page, 'utf8')).toContain('Không có yêu cầu nào sẽ bị từ chối trong thời gian này.')
  })

  it.each<[readonly string[]]>([
    [[]],
    [['--format', 'nginx-json', '--from', '2026-02-30', '-']],
    [['--format', 'nginx-json']],
    [['--format', 'nginx-json', '--at', 'soon', '-']],
  ])('refuses %j', async (args) => {
    expect((await runAgent(['rehearse', ...args])).exitCode).toBe(2)
  })

  it('says that nobody answers', async () => {
    const folder = await temporaryFolder()
    writeFileSync(
      join(folder, 'a.yaml'),
      `name: e\ncontrol: { url: https://c.example }\nmanagement: { prefixes: none }\nwatch: { socket: ${folder}/w.sock }\n`,
    )
    expect(await runAgent(['rehearse', '--config', join(folder, 'a.yaml')])).toMatchObject({ exitCode: 1 })
  })
})
