import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { runCli } from '../../../control-api/commands/cli.ts'
import { anOfficer } from '../../support/officers.ts'
import { runControl } from '../../support/run-command.ts'
import { createSmppLab } from '../../support/smpp-lab.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { until } from '../../support/until.ts'

const DISPATCH = ['--dispatch', '1232/BHXH-CNTT']

describe('control otp', () => {
  it('takes a list, has another person approve it, takes a right back, and shows no number', async () => {
    const folder = await temporaryFolder()
    const data = ['--data', join(folder, 'data')]
    expect((await runControl('init', ...data, '--tokens-file', join(folder, 'tokens.json'))).code).toBe(0)
    const officers = [anOfficer('one'), anOfficer('two')]
    const file = join(folder, 'officers.csv')
    const rows = officers.map(({ name, bhxhCode, phone, account }) => [name, bhxhCode, phone, account].join(','))
    await writeFile(file, ['Họ tên,Mã BHXH,SĐT,Tài khoản', ...rows].join('\n'))
    const imported = await runControl('otp', 'import', file, '--province', '01', ...DISPATCH, ...data, '--person', 'an')
    expect(imported).toMatchObject({ code: 0, stdout: '2\tenter\t\t\n3\tenter\t\t\n' })
    const importId = /officers-[\w-]+/.exec(imported.stderr)?.[0] ?? ''
    const same = await runControl('otp', 'approve', '--import', importId, ...DISPATCH, ...data, '--person', 'an')
    expect([same.code, same.stderr.includes('SAME_PERSON')]).toEqual([1, true])
    expect((await runControl('otp', 'approve', '--import', importId, ...DISPATCH, ...data, '--person', 'binh')).code).toBe(0)
    const again = await runControl('otp', 'approve', '--import', importId, ...DISPATCH, ...data, '--person', 'binh')
    expect(again.code).toBe(1)
    expect(again.stderr).toContain('Nobody of the import')
    const list = await runControl('otp', 'officers', '--state', 'approved', ...data)
    expect(list.stdout.trim().split('\n')).toHaveLength(2)
    for (const { bhxhCode, phone, account } of officers)
      for (const secret of [bhxhCode, phone, account])
        expect([imported, list].some(({ stdout }) => stdout.includes(secret))).toBe(false)
    const id = list.stdout.split('\t')[0] ?? ''
    expect((await runControl('otp', 'revoke', id, '--reason', 'moved', ...DISPATCH, ...data)).code).toBe(0)
    const revoked = await runControl('otp', 'officers', '--state', 'revoked', '--json', ...data)
    expect(JSON.parse(revoked.stdout)).toMatchObject([{ id, reason: 'moved' }])
    expect(JSON.parse((await runControl('otp', 'status', ...data)).stdout)).toMatchObject({ gateways: [], queue: { waiting: 0 } })
    expect((await runControl('otp', 'grants', ...data)).stderr).toContain('Nobody holds a grant')
    expect((await runControl('otp', 'something', ...data)).code).toBe(2)
  })

  it('sends a test message by the gateway and waits for what becomes of it', async () => {
    const { centre, passwordFile } = await createSmppLab()
    const folder = await temporaryFolder()
    const config = join(folder, 'control.yaml')
    await writeFile(
      config,
      `sms: {order: [smpp], smpp: {host: 127.0.0.1, port: ${centre.port}, systemId: edgeward, passwordFile: ${passwordFile}}}\n`,
    )
    const [stdout, stderr] = [new PassThrough(), new PassThrough()]
    const { phone } = anOfficer('one')
    const stop = new AbortController()
    const io = { stdin: Readable.from([`${phone}\n`]), stdout, stderr, signal: stop.signal, env: {} }
    const run = runCli(['otp', 'test-sms', '--config', config], io)
    const said: string[] = []
    stdout.on('data', (chunk: Buffer) => said.push(chunk.toString()))
    await until('the message is there', () => centre.received[0])
    centre.receipt(centre.received.at(-1)?.messageId ?? '', 'DELIVRD')
    const code = await run
    expect([code, said.join('')]).toEqual([0, 'smpp\t{"kind":"accepted","messageId":"m1","parts":1}\nsmpp\tDELIVRD\n'])
    expect(centre.received).toMatchObject([
      { to: `84${phone.slice(1)}`, text: 'Tin nhắn thử của hệ thống OTP. Không cần trả lời.' },
    ])
  })
})
