import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { anOfficer } from '../../support/officers.ts'
import { runControl } from '../../support/run-command.ts'
import { serveControl } from '../../support/running-control.ts'
import { createSmppLab } from '../../support/smpp-lab.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { until } from '../../support/until.ts'

it('the running service sends codes as soon as they are asked for, and signs the grant', async () => {
  const { centre, passwordFile } = await createSmppLab()
  const folder = await temporaryFolder()
  const data = join(folder, 'data')
  const config = join(folder, 'control.yaml')
  const smpp = `{host: 127.0.0.1, port: ${centre.port}, systemId: edgeward, passwordFile: ${passwordFile}}`
  await writeFile(config, `data: {dir: ${data}}\nserver: {port: 0}\nsms: {order: [smpp], smpp: ${smpp}}\n`)
  const run = async (...args: string[]) => expect(await runControl(...args, '--config', config)).toMatchObject({ code: 0 })
  await run('init', '--tokens-file', join(folder, 'tokens.json'))
  const { name, bhxhCode, phone, account } = anOfficer('one')
  await writeFile(join(folder, 'list.csv'), `Họ tên,Mã BHXH,SĐT,Tài khoản\n${name},${bhxhCode},${phone},${account}\n`)
  const letter = ['--dispatch', '1232/BHXH-CNTT']
  await run('otp', 'import', join(folder, 'list.csv'), '--province', '01', ...letter, '--person', 'an')
  const id = (await runControl('otp', 'officers', '--config', config)).stdout.split('\t')[0] ?? ''
  await run('otp', 'approve', id, ...letter, '--person', 'binh')

  const { baseUrl } = await serveControl(config)
  // The notice was queued by a command; the service that starts sends it.
  await until('the notice', () => (centre.received.length >= 2 ? true : undefined))
  const first = await fetch(`${baseUrl}/otp`)
  const cookie = first.headers.get('set-cookie')?.split(';')[0] ?? ''
  const fieldsOf = (html: string) =>
    [...html.matchAll(/name="(form|request)" value="([^"]*)"/g)].map(([, field = '', value = '']): [string, string] => [
      field,
      value,
    ])
  const post = async (path: string, html: string, fields: Record<string, string>) => {
    const body = new URLSearchParams([...fieldsOf(html), ...Object.entries(fields)])
    const answer = await fetch(`${baseUrl}${path}`, { method: 'POST', headers: { cookie }, body })
    return { status: answer.status, html: await answer.text() }
  }
  const asked = await post('/otp', await first.text(), { bhxh: bhxhCode })
  const code = await until('the code', () => /\d{6}/.exec(centre.received[2]?.text ?? '')?.[0])
  expect(await post('/otp/code', asked.html, { code })).toMatchObject({ status: 200 })
  // A file that is being written has another name.
  await until('the grants document', async () => {
    const found = await readdir(join(data, 'publication', 'targets', 'grants'))
    return found.find((path) => /^[0-9a-f]{64}\.1\.json$/.test(path))
  })
})
