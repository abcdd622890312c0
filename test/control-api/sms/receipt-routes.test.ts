import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createHttpSender } from '../../../control-api/sms/create-http-sender.ts'
import { readHttpReceipt } from '../../../control-api/sms/read-http-receipt.ts'
import { createOtpLab } from '../../support/otp-lab.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const SECRET = 'a'.repeat(32)
const KANNEL = {
  receiptId: 'id',
  receiptState: 'state',
  receiptDelivered: '^(1|DELIVRD|delivered)$',
  receiptFailed: '^(2|16|UNDELIV)$',
}

async function createReceiptLab(mode = 0o600, more = '') {
  const secretFile = join(await temporaryFolder(), 'receipts')
  await writeFile(secretFile, `${SECRET}\n`)
  await chmod(secretFile, mode)
  const lab = await createOtpLab(
    `sms: {order: [http], http: {url: "https://sms.example/send", receiptSecretFile: ${secretFile}${more}}}`,
  )
  await lab.addOfficer('one')
  const sent = await lab.context.store.read((db) => db.selectFrom('sms_message').selectAll().executeTakeFirstOrThrow())
  const state = async () =>
    (await lab.context.store.read((db) => db.selectFrom('sms_message').selectAll().executeTakeFirstOrThrow())).state
  return { ...lab, sent, state, secretFile }
}

describe('/v1/sms/receipts', () => {
  it.each<[string, string, (id: string) => object]>([
    ['a query, as Kannel sends it', 'GET', (id) => ({ url: `/v1/sms/receipts?id=${id}&state=1&secret=${SECRET}` })],
    [
      'a form',
      'POST',
      (id) => ({
        url: `/v1/sms/receipts?secret=${SECRET}`,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        payload: `id=${id}&state=delivered`,
      }),
    ],
    [
      'JSON',
      'POST',
      (id) => ({ url: '/v1/sms/receipts', headers: { 'x-edgeward-secret': SECRET }, payload: { id, state: 'DELIVRD' } }),
    ],
  ])('takes %s', async (_what, method, requestOf) => {
    const { app, sent, state, logLines } = await createReceiptLab()
    const answer = await app.inject({ method: method as 'GET', ...requestOf(sent.id) })
    expect([answer.statusCode, answer.json(), await state()]).toEqual([200, { taken: true }, 'delivered'])
    expect(logLines.join('')).not.toContain(SECRET)
  })

  it('knows a message by the id of the gateway too, and by one that came before the gateway had answered', async () => {
    const { app, sent, state } = await createReceiptLab()
    const take = (id: string) => app.inject({ url: `/v1/sms/receipts?id=${id}&state=2&secret=${SECRET}` })
    expect((await take('nobody-knows')).json()).toEqual({ taken: true })
    expect(await state()).toBe('sent')
    await take(sent.message_id ?? '')
    expect(await state()).toBe('undelivered')
  })

  it('goes on waiting after a state that is not the last', async () => {
    const { app, sent, state } = await createReceiptLab()
    const answer = await app.inject({ url: `/v1/sms/receipts?id=${sent.id}&state=8&secret=${SECRET}` })
    expect([answer.json(), await state()]).toEqual([{ taken: false }, 'sent'])
  })

  it.each([
    ['no secret', '?id=x&state=1', 403],
    ['a wrong one', `?id=x&state=1&secret=${'b'.repeat(32)}`, 403],
    ['nothing in it', `?secret=${SECRET}`, 400],
    ['a message without state', `?id=x&secret=${SECRET}`, 400],
    ['an id that is no id', `?id=${'x'.repeat(65)}&state=1&secret=${SECRET}`, 400],
  ])('refuses one with %s', async (_what, query, status) => {
    const { app } = await createReceiptLab()
    expect((await app.inject({ url: `/v1/sms/receipts${query}` })).statusCode).toBe(status)
  })

  it('takes none where no secret is set, or others can read it', async () => {
    const bare = await createOtpLab()
    expect((await bare.app.inject({ url: '/v1/sms/receipts?id=x&state=1&secret=' })).statusCode).toBe(403)
    const exposed = await createReceiptLab(0o644)
    expect((await exposed.app.inject({ url: `/v1/sms/receipts?id=x&state=1&secret=${SECRET}` })).statusCode).toBe(500)
  })
})

describe('readHttpReceipt', () => {
  it('finds fields anywhere in JSON, and keeps of a state only what a state looks like', () => {
    const options = { ...KANNEL, receiptId: 'results.0.messageId', receiptState: 'results.0.status.name' }
    const given = { results: [{ messageId: 42, status: { name: 'UNDELIV' } }] }
    expect(readHttpReceipt(given, options)).toEqual({ messageId: '42', isDelivered: false, state: 'UNDELIV' })
    expect(readHttpReceipt({ results: [] }, options)).toBeUndefined()
    expect(readHttpReceipt({ constructor: 'x', state: '1' }, { ...KANNEL, receiptId: 'toString' })).toBeUndefined()
    const odd = readHttpReceipt({ id: 'x', state: 'gone\n84900000001"' }, { ...KANNEL, receiptFailed: '^gone' })
    expect(odd).toMatchObject({ state: 'gone' })
  })
})

it('a gateway is told the secret of receipts, and nothing is sent while others can read it', async () => {
  const { clock, secretFile } = await createReceiptLab()
  const options = {
    url: 'http://127.0.0.1:1/{receiptSecret}',
    method: 'GET' as const,
    headers: {},
    contentType: '',
    body: '',
    secretFile: null,
    receiptSecretFile: secretFile,
    successPattern: '',
    idPattern: '',
    timeoutS: 1,
  }
  const sender = createHttpSender({
    options,
    hasAccents: true,
    clock,
    pace: { turn: async () => undefined, pause: () => undefined },
  })
  await writeFile(secretFile, 'with blanks and & in it\n')
  const outcome = await sender.send({ id: 'a', phone: '84900000001', text: 'x', notAfterMs: clock.nowMs() + 1000 })
  expect(outcome).toMatchObject({ kind: 'temporary', code: 'SECRET_UNFIT' })
})
