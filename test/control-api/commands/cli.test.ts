import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runControl } from '../../support/run-command.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

async function initialised(): Promise<{ data: string; tokens: Record<string, string> }> {
  const data = join(await temporaryFolder(), 'data')
  const { stdout } = await runControl('init', '--data', data, '--operator', 'an', '--approver', 'binh')
  return { data, tokens: JSON.parse(stdout) as Record<string, string> }
}

const FILE = `Thêm mới
STT,Tên CSKCB,Mã CSKCB,Địa chỉ IP,Nhà mạng,Địa chỉ sử dụng,Ghi chú
1,Trạm y tế A,01001,14.160.12.34,VNPT,,
2,Trạm y tế B,01002,192.168.1.1,VNPT,,
`

describe('runCli', () => {
  it('shows every command with an example', async () => {
    const { stdout } = await runControl('--help')
    const names = [...stdout.matchAll(/^ {2}([a-z-]+) {2,}/gm)].map((match) => match[1] ?? '')
    expect(names).toEqual(
      expect.arrayContaining([
        'init',
        'serve',
        'import',
        'publish',
        'agents',
        'fleet',
        'tokens',
        'keys',
        'audit',
        'print-config',
        'check-config',
      ]),
    )
    for (const name of names)
      expect((await runControl(name, '--help')).stdout, name).toMatch(new RegExp(`Example:\n {2}control ${name} `))
  })

  it.each([
    [[], 'Usage:'],
    [['nothing'], 'no command "nothing"'],
    [['serve'], 'Name the data folder'],
    [['publish', '--data', 'x', '--mode', 'strict'], '--mode must be observe or enforce'],
    [['publish', '--data', 'x', '--enforce-from', 'tomorrow'], '--enforce-from must be an instant'],
    [['tokens', 'add', '--data', 'x', '--person', 'an', '--role', 'boss'], '--role must be'],
    [['tokens', 'add', '--data', 'x', '--person', 'an\u200B', '--role', 'approver'], '--person: Cannot take'],
    [['init', '--data', 'x', '--operator', 'an', '--approver', ' An'], '--operator and --approver are both an'],
    [['fleet', 'drop', '--data', 'x'], 'Say list or release'],
    [['agents', 'list', '--bogus'], "Unknown option '--bogus'"],
    [['check-config', '--config', '/nowhere/control.yaml'], 'Cannot read the configuration'],
  ])('ends with 2 for %j', async (argv, words) => {
    const { code, stderr } = await runControl(...argv)
    expect([code, stderr]).toEqual([2, expect.stringContaining(words)])
  })
})

describe('init', () => {
  it('makes a folder only its owner can read, and never touches one that is there', async () => {
    const { data } = await initialised()
    expect((await stat(data)).mode & 0o777).toBe(0o700)
    const before = await readFile(join(data, 'keys/targets.pem'), 'utf8')
    const again = await runControl('init', '--data', data)
    expect([again.code, again.stdout, again.stderr]).toEqual([1, '', expect.stringContaining('ALREADY_INITIALISED')])
    expect(await readFile(join(data, 'keys/targets.pem'), 'utf8')).toBe(before)
  })

  it('leaves a folder with other files alone but for its own', async () => {
    const data = join(await temporaryFolder(), 'data')
    await mkdir(data)
    await writeFile(join(data, 'note.txt'), 'mine')
    expect((await runControl('init', '--data', data, '--tokens-file', join(data, 'tokens.json'))).stdout).toBe('')
    expect(await readdir(data)).toEqual(['control.db', 'keys', 'note.txt', 'publication', 'tokens.json'])
    expect((await stat(join(data, 'tokens.json'))).mode & 0o777).toBe(0o600)
  })

  it('makes nothing where the tokens could not be written', async () => {
    const folder = await temporaryFolder()
    await writeFile(join(folder, 'tokens.json'), 'mine')
    for (const file of [join(folder, 'tokens.json'), join(folder, 'nowhere/tokens.json')]) {
      const { code, stderr } = await runControl('init', '--data', join(folder, 'data'), '--tokens-file', file)
      expect([code, stderr]).toEqual([2, expect.stringContaining('nothing was made')])
    }
    expect(await readdir(folder)).toEqual(['tokens.json'])
  })

  it('is told apart from a folder that is not initialised', async () => {
    const data = join(await temporaryFolder(), 'data')
    const { code, stderr } = await runControl('publish', '--data', data)
    expect([code, stderr]).toEqual([1, expect.stringContaining('NOT_INITIALISED')])
  })
})

describe('the commands on a data folder', () => {
  it('add, list and revoke tokens, and show none twice', async () => {
    const { data } = await initialised()
    const added = await runControl('tokens', 'add', '--data', data, '--person', 'chi', '--role', 'approver')
    const token = added.stdout.trim()
    const list = await runControl('tokens', 'list', '--data', data)
    expect(list.stdout).toMatch(/\tchi\tapprover\tuntil /)
    expect(list.stdout + list.stderr).not.toContain(token)
    const id = /^(\S+)\tchi/m.exec(list.stdout)?.[1] ?? ''
    expect((await runControl('tokens', 'revoke', id, '--data', data)).code).toBe(0)
    expect((await runControl('tokens', 'revoke', id, '--data', data)).code).toBe(1)
    expect((await runControl('tokens', 'list', '--data', data)).stdout).toContain('\tchi\tapprover\trevoked')
  })

  it('import a file with a verdict per row, and take nothing from a file with a refused row unless told to', async () => {
    const { data } = await initialised()
    const file = join(data, 'form-02.csv')
    await writeFile(file, FILE)
    const args = ['import', file, '--data', data, '--province', '01', '--dispatch', '12/BHXH-CNTT']
    const whole = await runControl(...args)
    expect([whole.code, whole.stderr]).toEqual([1, expect.stringContaining('Nothing was taken')])
    expect(whole.stdout).toMatch(/\tadd\t\t01001\t14\.160\.12\.34\t/)
    expect(whole.stdout).toMatch(/\trefused\t[A-Z_]+\t/)
    const valid = await runControl(...args, '--accept', 'valid')
    expect([valid.code, valid.stderr]).toEqual([0, expect.stringContaining('1 to add')])
  })

  it('verify the audit log and notice what was cut off', async () => {
    const { data } = await initialised()
    const { code, stdout } = await runControl('audit', 'verify', '--data', data)
    const head = /head (\S+)/.exec(stdout)?.[1] ?? ''
    expect([code, head]).toEqual([0, expect.stringMatching(/^4:/)])
    expect((await runControl('audit', 'verify', '--data', data, '--head', head)).code).toBe(0)
    expect((await runControl('audit', 'verify', '--data', data, '--head', head.replace('4:', '5:'))).code).toBe(1)
  })

  it('show keys without their private halves, and say when the root does not trust one', async () => {
    const { data } = await initialised()
    const shown = await runControl('keys', 'show', '--data', data)
    expect([shown.code, shown.stdout]).toEqual([0, expect.stringContaining('root\tthreshold 2 of 3')])
    expect(shown.stdout).not.toContain('PRIVATE')
    const other = await initialised()
    await writeFile(join(data, 'keys/targets.pem'), await readFile(join(other.data, 'keys/targets.pem')))
    expect(await runControl('keys', 'show', '--data', data)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('targets'),
    })
  })
})
