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
      '',
      0,
      1,
    ])
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
