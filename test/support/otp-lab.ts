import type { LightMyRequestResponse } from 'fastify'
import { createFakeSmsSender, type FakeSmsSender } from '../fakes/fake-sms-sender.ts'
import { type ControlAppSetup, createControlAppSetup } from './control-app.ts'
import { anOfficer } from './officers.ts'

export const DISPATCH = '1232/BHXH-CNTT'

export interface OtpLab extends ControlAppSetup {
  readonly sms: FakeSmsSender
  readonly post: (url: string, headers: object, payload?: object) => Promise<LightMyRequestResponse>
  /** Enters and approves the officer of this word; gives the id. */
  readonly addOfficer: (word: string) => Promise<string>
  /** What the portal's page does: asks for a code. */
  readonly ask: (bhxhCode: string, source?: string) => Promise<LightMyRequestResponse>
  readonly verify: (requestId: string, code: string) => Promise<LightMyRequestResponse>
  /** The newest code that a phone got. */
  readonly newestCode: () => Promise<string>
}

/** The control API with a gateway that has a memory. */
export async function createOtpLab(config = 'sms: {order: [http], http: {url: "https://sms.example/send"}}'): Promise<OtpLab> {
  const made: FakeSmsSender[] = []
  const setup = await createControlAppSetup({
    config,
    senders: (clock) => {
      made.push(createFakeSmsSender(clock, 'http'))
      return made
    },
  })
  const { app, as, context } = setup
  const [sms] = made
  if (sms === undefined) throw new Error('no gateway was made')
  const post = (url: string, headers: object, payload: object = {}): Promise<LightMyRequestResponse> =>
    app.inject({ method: 'POST', url, headers: { ...headers }, payload })
  return {
    ...setup,
    sms,
    post,
    async addOfficer(word) {
      const entered = await post('/v1/otp/officers', as.operator, { ...anOfficer(word), dispatch: DISPATCH })
      const { id } = entered.json<{ id: string }>()
      await post(`/v1/otp/officers/${id}/approve`, as.approver, { dispatch: DISPATCH })
      await context.otp.sms.work()
      return id
    },
    ask: (bhxhCode, source = '203.0.113.7') => post('/v1/otp/requests', as.portal, { bhxhCode, source }),
    verify: (requestId, code) => post('/v1/otp/verifications', as.portal, { requestId, code, source: '203.0.113.7' }),
    async newestCode() {
      await context.otp.sms.work()
      const codes = sms.taken.flatMap(({ text }) => /: (\d{6}) /.exec(text)?.[1] ?? [])
      return codes.at(-1) ?? ''
    },
  }
}
