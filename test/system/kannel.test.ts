/** One-time codes through the real Kannel: our HTTP gateway to its smsbox, its bearerbox by SMPP to a message centre, and receipts all the way back. */
import { chmod, readdir, readFile, writeFile } from 'node:fs/promises'
import t from 'tap'
import { parseGrants } from '../../rules/grants/grants-document.ts'
import { freePorts } from '../support/free-ports.ts'
import { hasKannel, startKannel } from '../support/kannel.ts'
import { startMessageCentre } from '../support/message-centre.ts'
import { anOfficer } from '../support/officers.ts'
import { startOwn, THIS_HOST } from '../support/place.ts'
import { runOwn } from '../support/run-own.ts'
import { createSeeded } from '../support/seeded.ts'
import { until } from '../support/until.ts'
import { createWorkDir } from '../support/work-dir.ts'

const PATIENCE = { deadlineMs: 120_000 }
const LETTER = ['--dispatch', '1232/BHXH-CNTT']

t.setTimeout(290_000)
if (!hasKannel()) {
  t.plan(0, 'needs Kannel: as root on Debian, apt-get install kannel')
} else {
  const seeded = createSeeded(1232)
  const [password, secret, receiptSecret] = [seeded.digits(8), seeded.digits(20), seeded.digits(24)] as const
  await using work = await createWorkDir('ew-kannel')
  await using centre = await startMessageCentre({ systemId: 'kannel', password })
  const login = { systemId: 'kannel', password, port: centre.port }
  await using kannel = await startKannel({ folder: work.file('kannel'), centre: login, user: 'edgeward', password: secret })
  await until('Kannel is bound to the centre', () => (centre.bound > 0 ? true : undefined), PATIENCE)
  for (const [name, content] of [
    ['secret', secret],
    ['receipts', receiptSecret],
  ] as const) {
    await writeFile(work.file(name), `${content}\n`)
    await chmod(work.file(name), 0o600)
  }
  const [port = 0] = await freePorts(1)
  const state = encodeURIComponent(`http://127.0.0.1:${port}/v1/sms/receipts?state=%d`)
  const receiptUrl = `${state}%26id%3D{id}%26secret%3D{receiptSecret}`
  const url = `${kannel.url}?username=edgeward&password={secret}&to={phone}&text={text}&charset=utf-8&coding=2&validity={minutes}&dlr-mask=19&dlr-url=${receiptUrl}`
  const http = {
    method: 'GET',
    url,
    secretFile: work.file('secret'),
    receiptSecretFile: work.file('receipts'),
    successPattern: '^0: Accepted',
  }
  const config = work.file('control.json')
  await writeFile(config, JSON.stringify({ data: { dir: work.file('data') }, server: { port }, sms: { order: ['http'], http } }))
  const control = async (...args: string[]) => {
    const { exitCode, stdout, stderr } = await runOwn('control-api/main.ts', [...args, '--config', config])
    t.equal(exitCode, 0, `control ${args.slice(0, 2).join(' ')} ${stderr}`)
    return stdout
  }
  const { name, bhxhCode, phone, account } = anOfficer('kannel')
  const international = `84${phone.slice(1)}`
  await control('init', '--tokens-file', work.file('tokens.json'))
  await writeFile(work.file('list.csv'), `Họ tên,Mã BHXH,SĐT,Tài khoản\n${name},${bhxhCode},${phone},${account}\n`)
  await control('otp', 'import', work.file('list.csv'), '--province', '01', ...LETTER, '--person', 'an')
  const officer = (await control('otp', 'officers')).split('\t')[0] ?? ''
  await control('otp', 'approve', officer, ...LETTER, '--person', 'binh')
  await using serve = startOwn(THIS_HOST, 'control', 'control-api/main.ts', ['serve', '--config', config])
  await serve.line(/"listening"/, 120_000)
  const base = `http://127.0.0.1:${port}`

  await t.test('a long notice with accents arrives whole', async (t) => {
    const parts = await until(
      'both parts of the notice',
      () => (centre.received.length >= 2 ? centre.received : undefined),
      PATIENCE,
    )
    t.same(
      parts.map(({ to, dataCoding, part }) => [to, dataCoding, part]),
      [
        [international, 8, [2, 1]],
        [international, 8, [2, 2]],
      ],
    )
    t.match(parts.map(({ text }) => text).join(''), /^Anh\/chị được cấp quyền tra cứu lịch sử KCB .* BHXH tỉnh\.$/)
  })

  await t.test('an officer asks for a code on the page, reads it in the SMS, and gets the right', async (t) => {
    const first = await fetch(`${base}/otp`)
    const cookie = first.headers.get('set-cookie')?.split(';')[0] ?? ''
    const post = async (path: string, html: string, fields: Readonly<Record<string, string>>) => {
      const hidden = [...html.matchAll(/name="(form|request)" value="([^"]*)"/g)].map(([, field = '', value = '']) => [
        field,
        value,
      ])
      const body = new URLSearchParams([...hidden, ...Object.entries(fields)] as [string, string][])
      const answer = await fetch(`${base}${path}`, { method: 'POST', headers: { cookie }, body })
      return { status: answer.status, html: await answer.text() }
    }
    const asked = await post('/otp', await first.text(), { bhxh: bhxhCode })
    t.equal(asked.status, 200)
    const sms = await until('the code', () => centre.received[2], PATIENCE)
    t.match(sms, { from: 'BHXH', to: international, dataCoding: 8, part: undefined })
    t.ok((sms.validityS ?? Number.NaN) <= 300, 'the centre drops it when it is worth nothing')
    const code = /KCB: (\d{6}) \(5 phút\)/.exec(sms.text)?.[1] ?? ''
    const done = await post('/otp/code', asked.html, { code })
    t.match([done.status, done.html], [200, /Đã xác nhận/])
    const folder = work.file('data', 'publication', 'targets', 'grants')
    const document = await until(
      'the grants document',
      async () => {
        const file = (await readdir(folder)).find((path) => /^[0-9a-f]{64}\.1\.json$/.test(path))
        return file === undefined ? undefined : parseGrants(await readFile(`${folder}/${file}`))
      },
      PATIENCE,
    )
    t.equal(document.grants.length, 1)

    await t.test('and its fate comes back through Kannel', async (t) => {
      centre.receipt(sms.messageId, 'DELIVRD')
      const { operator } = JSON.parse(await readFile(work.file('tokens.json'), 'utf8')) as { operator: string }
      const day = await until(
        'the receipt',
        async () => {
          const answer = await fetch(`${base}/v1/sms`, { headers: { authorization: `Bearer ${operator}` } })
          const view = (await answer.json()) as { day: Readonly<Record<string, number>> }
          return view.day.delivered === 1 ? view.day : undefined
        },
        PATIENCE,
      )
      t.same(day, { sent: 1, delivered: 1 })
    })
    t.notOk(
      serve.lines.some((line) =>
        [code, bhxhCode, international.slice(2), secret, receiptSecret].some((each) => line.includes(each)),
      ),
    )
  })
}
