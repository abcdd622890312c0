import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { read } from '@e965/xlsx'
import { expect, it } from 'vitest'
import { createRehearsalDesk } from '../../../control-api/rehearsal/rehearsal-desk.ts'
import { createSqliteStore } from '../../../control-api/store/create-sqlite-store.ts'
import { portalDay } from '../../../rules/detect/portal-day.ts'
import { dayText } from '../../../rules/rehearsal/portal-period.ts'
import type { RehearsalCount } from '../../../rules/rehearsal/rehearsal-counts.ts'
import { createFakeLog } from '../../fakes/fake-log.ts'
import { aRehearsalCount, someRehearsalCounts } from '../../support/rehearsal-counts.ts'
import { runControl } from '../../support/run-command.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

/** A data folder, and counts of today in it, as an edge tells them to the running service. */
async function aFolder(counts?: readonly Partial<RehearsalCount>[]) {
  const folder = await temporaryFolder()
  const data = ['--data', join(folder, 'data')]
  await runControl('init', ...data, '--operator', 'an', '--approver', 'binh')
  if (counts !== undefined) {
    const clock = { nowMs: () => Date.now() }
    await using store = await createSqliteStore({ path: join(folder, 'data', 'control.db'), clock })
    const desk = createRehearsalDesk({ store, clock, log: createFakeLog() as never, keepDays: 92, maxRows: 1000 })
    const day = dayText(portalDay(Date.now()))
    await desk.take('agent-1', someRehearsalCounts(counts.map((own) => aRehearsalCount({ day, ...own }))))
  }
  const write = async (yaml: string): Promise<string> => {
    const file = join(folder, 'policy.yaml')
    await writeFile(file, yaml)
    return file
  }
  return { folder, data, write }
}

const NAMED = { reason: 'USER_UNKNOWN', account: 'abcdefghijklmnop', would: 4 } as const
const EXEMPTION =
  'exemptions:\n  - { rules: [suspended, throttled], facility: "01234", until: 2099-01-01T07:00+07:00, reason: wrongly stopped }'
const SHARED = { facility: '79001', province: '79', account: '79001_BV', would: 9 } as const

it('a draft is held against what edges counted, at a date, and nothing is signed', async () => {
  const { data, write } = await aFolder([NAMED, SHARED])
  const file = await write('user: { enforceFrom: 2099-01-01T00:00+07:00 }\nhours: { mode: enforce, open: "06:00" }\n')
  const before = await runControl('policy', 'rehearse', file, '--at', '2098-12-31T00:00+07:00', ...data)
  expect(before.stdout).toContain('user: rehearse, refuses nothing')
  const after = await runControl('policy', 'rehearse', file, '--at', '2099-01-01T00:00+07:00', ...data)
  expect([after.code, after.stdout]).toEqual([0, expect.stringContaining('refuse requests of 2 facilities, of 1 newly')])
  expect(after.stdout).toContain('user: rehearse -> enforce, 4 requests of 1 facilities (1 newly)')
  expect(after.stdout).toMatch(/hours: off -> enforce.*NOT TOLD: no edge counted this rule/)
  expect(after.stdout).toMatch(/\n {2}79\tTP\.HCM\t1 facilities\t9 requests\n/)
  expect((await runControl('policy', 'show', ...data)).code).toBe(1)
  const json = await runControl('policy', 'rehearse', file, '--json', ...data)
  expect(JSON.parse(json.stdout)).toMatchObject({ edges: 1, version: null, outlooks: [{ outlook: { facilityCount: 1 } }] })
  expect((await runControl('policy', 'rehearse', file, '--at', 'soon', ...data)).code).toBe(2)
  const one = await runControl('policy', 'rehearse', file, '--at', '2099-01-01T00:00+07:00', '--province', '79', ...data)
  expect([one.code, one.stdout.includes('79\tTP.HCM'), one.stdout.includes('1 facilities')]).toEqual([0, true, true])
  expect(one.stdout).not.toContain('\n  01\t')
  expect((await runControl('policy', 'rehearse', file, '--province', '02', ...data)).code).toBe(2)
})

it('a file that says nothing is not published, and one that says so is', async () => {
  const { data, write } = await aFolder()
  for (const source of ['', '\n', '# to be written\n\n  # later\n']) {
    const { code, stdout, stderr } = await runControl('policy', 'publish', await write(source), ...data)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain('Write {} if that is meant')
  }
  expect((await runControl('policy', 'publish', await write('{}\n'), ...data)).stdout).toBe('policy 1\n')
})

it('what is in force is shown as a file that can be changed and published anew', async () => {
  const { data, write } = await aFolder()
  const fallback = await runControl('policy', 'show', '--yaml', ...data)
  expect([fallback.code, fallback.stderr]).toEqual([0, expect.stringContaining('No policy was published yet')])
  const file = await write(fallback.stdout.replace('exemptions: []', EXEMPTION))
  expect((await runControl('policy', 'publish', file, ...data)).stdout).toBe('policy 1\n')
  const shown = await runControl('policy', 'show', '--yaml', ...data)
  expect(shown.stdout).toContain('reason: wrongly stopped')
  const same = await runControl('policy', 'publish', await write(shown.stdout), ...data)
  expect(same.stdout).toBe('policy 1 stays: nothing differs\n')
})

it('publishing warns of each date at which a rule turns on, and for how many facilities', async () => {
  const { data, write } = await aFolder([NAMED, SHARED])
  expect((await runControl('policy', 'publish', await write('user: { mode: rehearse }\n'), ...data)).stderr).toBe(
    'By what edges counted, it refuses nobody whom the policy of now lets pass.\n',
  )
  const file = await write('user: { enforceFrom: 2099-01-01T00:00+07:00 }\naddress: { enforceFrom: 2099-02-01T00:00+07:00 }\n')
  const { stdout, stderr } = await runControl('policy', 'publish', file, ...data)
  expect(stdout).toBe('policy 2\n')
  expect(stderr.split('\n')).toEqual([
    'Would newly refuse requests of up to 1 facilities; control policy rehearse FILE tells which:',
    '  2099-01-01T00:00:00+07:00  user: rehearse -> enforce, 4 requests of 1 facilities (1 newly); NOT TOLD: no edge counted this rule in that time: it was off, or the list that it judges by was missing',
    expect.stringMatching(/^ {2}2099-02-01T00:00:00\+07:00 {2}address: rehearse -> enforce, 0 requests/),
    '',
  ])
})

it('without counts it says so, and how logs can be asked', async () => {
  const { data, write } = await aFolder()
  const file = await write('shared: { mode: enforce }\n')
  const asked = await runControl('policy', 'rehearse', file, ...data)
  expect([asked.code, asked.stdout]).toEqual([1, expect.stringContaining('agent rehearse --policy FILE')])
  expect((await runControl('policy', 'publish', file, ...data)).stderr).toContain('Nobody knows whom it refuses')
})

it('the rehearsal is told by reason, province and facility, as rows, as JSON and as a workbook', async () => {
  const { folder, data } = await aFolder([NAMED, SHARED])
  const xlsx = join(folder, 'r.xlsx')
  const told = await runControl('rehearsal', 'policy', '--xlsx', xlsx, ...data)
  expect([told.code, told.stdout]).toEqual([0, expect.stringMatching(/\nSHARED_ACCOUNT\t1\t9\t0\t/)])
  expect(read(await readFile(xlsx)).SheetNames).toContain('Theo tỉnh')
  const province = await runControl('rehearsal', 'policy', '--province', '79', '--csv', ...data)
  expect(province.stdout.trimEnd().split('\r\n')).toHaveLength(2)
  const facility = await runControl('rehearsal', 'policy', '--facility', '01234', '--json', ...data)
  expect(JSON.parse(facility.stdout)).toMatchObject({
    reasons: [{ key: 'USER_UNKNOWN', would: 4 }],
    edges: [{ name: 'agent-1' }],
  })
  const none = await runControl('rehearsal', 'policy', '--to', '2026-01-01', ...data)
  expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('No edge has told any counts of')])
  expect((await runControl('rehearsal', 'accounts', ...data)).code).toBe(2)
})

it('tokens of a province and a facility name which one, those of operators and approvers may, and no other role does', async () => {
  const { data } = await aFolder()
  const add = (role: string, ...scope: string[]) =>
    runControl('tokens', 'add', '--person', 'x', '--role', role, ...scope, ...data)
  expect((await add('facility', '--scope', '01234')).code).toBe(0)
  expect((await add('province', '--scope', '75')).code).toBe(0)
  for (const role of ['operator', 'approver']) expect((await add(role, '--scope', '75')).code).toBe(0)
  for (const wrong of [
    await add('facility'),
    await add('province', '--scope', '01234'),
    await add('reader', '--scope', '75'),
    await add('operator', '--scope', '00'),
    await add('approver', '--scope', '01234'),
  ])
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('BAD_FIELDS')])
  const { stdout } = await runControl('tokens', 'list', ...data)
  expect(stdout).toContain('\tfacility 01234\t')
  expect(stdout).toContain('\toperator 75\t')
})
