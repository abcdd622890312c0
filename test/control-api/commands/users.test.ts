import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { runControl } from '../../support/run-command.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { citizenIdOf } from '../../support/users-lab.ts'

const DISPATCH = ['--dispatch', '1923/BHXH-CNTT']

it('users come by form 01/dk-ctn, take an approver whom the assessment centre granted, and are signed', async () => {
  const folder = await temporaryFolder()
  const data = ['--data', join(folder, 'data')]
  await runControl('init', ...data, '--operator', 'an', '--approver', 'binh')
  const file = join(folder, 'users.csv')
  await writeFile(file, `Họ và tên,Số CCCD,Mã CSKCB,Quyền\nPhạm Thị Mẫu,${citizenIdOf(5)},24001,"Tra cứu, gửi hồ sơ"\n`)
  const imported = await runControl('import', file, '--form', '01/dk-ctn', '--province', '24', ...DISPATCH, ...data)
  expect([imported.code, imported.stdout, imported.stderr]).toEqual([
    0,
    expect.stringContaining('add\t\t24001'),
    expect.stringContaining('1 to add'),
  ])
  const listed = await runControl('users', 'list', '--waiting', ...data)
  expect(listed.stdout).toMatch(/^1\t24001\t24\t•+005\twaiting\tlookup,submit\t/)
  expect(`${imported.stdout}${imported.stderr}${listed.stdout}`).not.toMatch(/Phạm|40000000/)
  const approved = await runControl('users', 'approve', '1', ...DISPATCH, '--person', 'binh', ...data)
  expect([approved.code, approved.stderr]).toEqual([1, expect.stringContaining('NOT_APPROVER')])
  expect((await runControl('users', 'publish', ...data)).stderr).toContain('version 0')
  expect((await runControl('users', 'idle', ...data)).stdout).toBe('0 warned, 0 disabled\n')
  const wrong = await runControl('users', 'change', '1', '--rights', 'everything', ...DISPATCH, ...data)
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('--rights names')])
  const rotated = await runControl('keys', 'rotate-gate', ...data)
  expect([rotated.code, rotated.stdout]).toEqual([0, expect.stringMatching(/^[0-9a-f]{16}\n[0-9a-f]{16}\n$/)])
  expect((await runControl('keys', 'show', ...data)).stdout).toContain('a rotation is under way')
  expect((await runControl('keys', 'end-gate-rotation', ...data)).stderr).toContain('1 users are not known under the new key')
  await runControl('import', file, '--form', '01/dk-ctn', '--province', '24', '--force', ...DISPATCH, ...data)
  expect((await runControl('keys', 'end-gate-rotation', ...data)).code).toBe(0)
})

it('the account policy is checked with every fault, signed once, and shown', async () => {
  const folder = await temporaryFolder()
  const data = ['--data', join(folder, 'data')]
  await runControl('init', ...data, '--operator', 'an', '--approver', 'binh')
  expect((await runControl('policy', 'show', ...data)).code).toBe(1)
  const file = join(folder, 'policy.yaml')
  await writeFile(file, 'nonsense: true\n')
  const refused = await runControl('policy', 'publish', file, ...data)
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('nonsense')])
  await writeFile(file, '{}\n')
  expect((await runControl('policy', 'check', file)).code).toBe(0)
  expect((await runControl('policy', 'publish', file, ...data)).stdout).toBe('policy 1\n')
  expect((await runControl('policy', 'publish', file, ...data)).stdout).toBe('policy 1 stays: nothing differs\n')
  expect(JSON.parse((await runControl('policy', 'show', ...data)).stdout)).toMatchObject({
    format: 'edgeward-policy/1',
    version: 1,
  })
  expect((await runControl('audit', 'verify', ...data)).code).toBe(0)
})
