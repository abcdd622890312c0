import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { createSenders } from '../../../control-api/sms/create-senders.ts'
import { gateToken } from '../../../rules/gate/gate-token.ts'
import { EdgeGrants } from '../../../rules/grants/edge-grants.ts'
import { parseGrants } from '../../../rules/grants/grants-document.ts'
import { type ControlAppSetup, createControlAppSetup, createSeededBytes, GATE_KEY } from '../../support/control-app.ts'
import { enrolAgent } from '../../support/enrolled-agent.ts'
import { startMessageCentre } from '../../support/message-centre.ts'
import { anOfficer } from '../../support/officers.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const MINUTE_MS = 60_000
const PASSWORD = Buffer.from('made up').toString('hex').slice(0, 8)
const FORM = { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' }

/** The newest grants document as an edge would fetch it. */
function newestGrants({ files, context }: ControlAppSetup) {
  const version = context.publisher.sideVersion('grants')
  const found = [...files.entries].find(([path]) => path.startsWith('targets/grants/') && path.endsWith(`.${version}.json`))
  return parseGrants(found?.[1] ?? Buffer.alloc(0))
}

function formFields(html: string): Record<string, string> {
  return Object.fromEntries([...html.matchAll(/name="(form|request)" value="([^"]*)"/g)].map((match) => [match[1], match[2]]))
}

it('an officer walks from the page over a real SMPP message to a grant that edges judge by, and it lapses after 30 idle minutes', async () => {
  const centre = await startMessageCentre({ systemId: 'edgeward', password: PASSWORD })
  const passwordFile = join(await temporaryFolder(), 'smsc')
  await writeFile(passwordFile, `${PASSWORD}\n`)
  await chmod(passwordFile, 0o600)
  const setup = await createControlAppSetup({
    config: `sms: {order: [smpp], smpp: {host: 127.0.0.1, port: ${centre.port}, systemId: edgeward, passwordFile: ${passwordFile}, sourceAddress: BHXH}}`,
    senders: (clock, { log, config }, takeReceipt) =>
      createSenders({ sms: config.sms, clock, log, takeReceipt, randomBytes: createSeededBytes('sms') }),
  })
  const { app, as, clock, context } = setup
  onTestFinished(() => centre[Symbol.asyncDispose]())
  await vi.waitFor(() => expect(context.otp.sms.isUp()).toBe(true), { timeout: 20_000 })

  // A province's officer is entered by one person and approved by another, and is told by SMS.
  const officer = anOfficer('first')
  const { id } = (
    await app.inject({
      method: 'POST',
      url: '/v1/otp/officers',
      headers: as.operator,
      payload: { ...officer, dispatch: '1232/BHXH-CNTT' },
    })
  ).json<{ id: string }>()
  const approval = { method: 'POST', url: `/v1/otp/officers/${id}/approve`, payload: { dispatch: '1232/BHXH-CNTT' } } as const
  expect((await app.inject({ ...approval, headers: as.approver })).statusCode).toBe(204)
  await context.otp.sms.work()
  expect(centre.received.map(({ part }) => part)).toEqual([
    [2, 1],
    [2, 2],
  ])
  expect(centre.received.map(({ text }) => text).join('')).toContain('được cấp quyền tra cứu lịch sử KCB')

  // The page: BHXH number, code, done.
  const first = await app.inject({ url: '/otp' })
  const cookie = String(first.headers['set-cookie']).split(';')[0] ?? ''
  const post = (url: string, fields: Record<string, string>) =>
    app.inject({ method: 'POST', url, headers: { ...FORM, cookie }, payload: new URLSearchParams(fields).toString() })
  const second = await post('/otp', { ...formFields(first.body), bhxh: officer.bhxhCode })
  expect(second.statusCode).toBe(200)
  await context.otp.sms.work()
  const sms = centre.received.at(-1)
  expect(sms).toMatchObject({ from: 'BHXH', to: `84${officer.phone.slice(1)}`, dataCoding: 8, part: undefined })
  const code = /\d{6}/.exec(sms?.text ?? '')?.[0] ?? ''
  const wrong = await post('/otp/code', { ...formFields(second.body), code: code === '000000' ? '000001' : '000000' })
  expect([wrong.statusCode, wrong.body.includes('Còn 4 lần thử')]).toEqual([403, true])
  const done = await post('/otp/code', { ...formFields(wrong.body), code })
  expect([done.statusCode, done.body.includes('Đã xác nhận')]).toEqual([200, true])
  expect((await post('/otp/code', { ...formFields(wrong.body), code })).statusCode).toBe(410)

  // What edges are given names nobody, and lets this account look up and no other.
  const t0 = clock.nowMs()
  await context.otp.grants.work()
  const [edge, otherEdge] = [new EdgeGrants(), new EdgeGrants()]
  for (const one of [edge, otherEdge]) one.take(newestGrants(setup))
  const token = gateToken(GATE_KEY, officer.account)
  expect(edge.standing(token, t0 + MINUTE_MS)).toBe('live')
  expect(edge.standing(gateToken(GATE_KEY, anOfficer('second').account), t0 + MINUTE_MS)).toBe('none')

  // A look-up at one edge renews it at the other, by way of central.
  const agent = await enrolAgent(setup, 'edge-1')
  clock.moveBy(25 * MINUTE_MS)
  expect(edge.use(token, clock.nowMs())).toBe('live')
  const uses = edge.usesSince(0).uses.map((use) => ({ token: use.token, usedAt: use.usedAtS }))
  const told = await app.inject({
    method: 'POST',
    url: '/v1/grant-uses',
    headers: await agent.authorize('POST', '/v1/grant-uses'),
    payload: { sentAt: Math.floor(clock.nowMs() / 1000), uses },
  })
  expect(told.json()).toEqual({ renewed: 1, refused: 0 })
  await context.otp.grants.work()
  otherEdge.take(newestGrants(setup))
  for (const one of [edge, otherEdge]) {
    expect(one.standing(token, t0 + 54 * MINUTE_MS)).toBe('live')
    expect(one.standing(token, t0 + 55 * MINUTE_MS)).toBe('lapsed')
  }

  // What is kept and said holds neither code, phone nor BHXH number.
  const kept = await context.store.read(async (db) =>
    JSON.stringify([
      await db.selectFrom('audit').selectAll().execute(),
      await db.selectFrom('otp_officer').selectAll().execute(),
      await db.selectFrom('otp_request').selectAll().execute(),
      await db.selectFrom('sms_message').selectAll().execute(),
    ]),
  )
  const metrics = (await app.inject('/metrics')).body
  for (const secret of [code, officer.bhxhCode, officer.phone, officer.phone.slice(1), officer.account])
    for (const text of [kept, metrics, setup.logLines.join()]) expect(text.includes(secret)).toBe(false)
  const actions = await context.store.read((db) => db.selectFrom('audit').select('action').execute())
  for (const action of ['officer.enter', 'officer.approve', 'otp.ask', 'sms.send', 'otp.wrong', 'otp.verify', 'grant.give'])
    expect(actions.map((row) => row.action)).toContain(action)

  // The centre tells later what became of it.
  centre.receipt(sms?.messageId ?? '', 'DELIVRD')
  const states = () => context.store.read((db) => db.selectFrom('sms_message').select(['message_id', 'state']).execute())
  await vi.waitFor(async () => expect(await states()).toContainEqual({ message_id: sms?.messageId, state: 'delivered' }), {
    timeout: 20_000,
  })
})
