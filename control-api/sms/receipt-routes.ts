import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { anyone } from '../http/access.ts'
import type { ControlApp, ControlContext } from '../http/context.ts'
import { ControlError } from '../http/control-error.ts'
import { formOf, takeForms } from '../pages/browser-forms.ts'
import { isReceiptSecret, readHttpReceipt } from './read-http-receipt.ts'
import { readReceiptSecret } from './read-secret.ts'

const PATH = '/v1/sms/receipts'
const HTTP = 'http'
const MAX_BODY = 16_384
const schema = {
  tags: ['otp'],
  summary: 'What became of a message, told by the HTTP gateway',
  description:
    'As query, form or JSON; `sms.http.receiptId` and `sms.http.receiptState` say where. The secret of `sms.http.receiptSecretFile` comes as `secret` in the query or in the header `X-Edgeward-Secret`.',
  querystring: Type.Object({}, { additionalProperties: true }),
  response: { 200: Type.Object({ taken: Type.Boolean({ description: 'false for a state that is not the last' }) }) },
}

/** `/v1/sms/receipts`: delivery receipts of the HTTP gateway. Open to anyone who has the secret that the gateway was given. */
export function registerReceiptRoutes(app: ControlApp, { otp, config }: ControlContext): void {
  const options = config.sms.http
  const take = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const query = request.query as Readonly<Record<string, unknown>>
    await requireSecret(request.headers['x-edgeward-secret'] ?? query.secret)
    const form = Object.fromEntries(formOf(request))
    const body = request.body instanceof URLSearchParams ? form : (request.body ?? {})
    const receipt = readHttpReceipt({ ...query, ...body }, options)
    if (receipt === undefined)
      throw new ControlError('BAD_REQUEST', 'No message and state where sms.http.receiptId and sms.http.receiptState say.')
    if (receipt !== 'pending') await otp.sms.takeReceipt(HTTP, receipt)
    return reply.send({ taken: receipt !== 'pending' })
  }

  const requireSecret = async (given: unknown): Promise<void> => {
    if (options.receiptSecretFile === null || !config.sms.order.includes(HTTP))
      throw new ControlError('FORBIDDEN', 'No receipts are taken: sms.http.receiptSecretFile is not set.')
    const secret = await readReceiptSecret(options.receiptSecretFile)
    if (typeof given === 'string' && isReceiptSecret(given, secret)) return
    throw new ControlError('FORBIDDEN', 'The secret of receipts is missing or wrong.')
  }

  app.register(async (scope) => {
    takeForms(scope, MAX_BODY)
    scope.get(PATH, { onRequest: anyone, schema }, take)
    scope.post(PATH, { onRequest: anyone, bodyLimit: MAX_BODY, schema }, take)
  })
}
