import { Type } from 'typebox'
import { GrantUses, MAX_GRANT_USES } from '../../rules/grants/grant-uses.ts'
import { isWithin } from '../access/within-province.ts'
import { actorOf, requireRole } from '../http/access.ts'
import type { ControlApp, ControlContext } from '../http/context.ts'
import { SmsView, smsView } from '../sms/sms-view.ts'
import { revokeGrant } from './grant-rows.ts'
import { registerOtpMetrics } from './otp-metrics.ts'

const tags = ['otp']
const closed = { additionalProperties: false } as const
const instant = Type.String({ format: 'date-time' })
const Source = Type.String({
  minLength: 1,
  maxLength: 64,
  description: 'address of the officer’s browser, for limits and the audit log',
})

/** Codes for the portal's own pages, grants, what edges tell of their use, and the gateways. */
export function registerOtpRoutes(app: ControlApp, context: ControlContext): void {
  const { otp, store, clock } = context
  registerOtpMetrics(context)

  app.post(
    '/v1/otp/requests',
    {
      onRequest: requireRole('portal'),
      schema: {
        tags,
        summary: 'Send a one-time code to the phone of the officer with this BHXH number',
        description: 'The answer is the same, and takes the same time, whether the number is on a list or not.',
        body: Type.Object(
          { bhxhCode: Type.String({ minLength: 10, maxLength: 20, description: 'the officer’s own' }), source: Source },
          closed,
        ),
        response: {
          202: Type.Object({
            requestId: Type.String({ description: 'send it back with the code; keep it in the officer’s session' }),
            expiresAt: instant,
            resendAt: Type.String({ format: 'date-time', description: 'from when on another code may be asked for' }),
          }),
        },
      },
    },
    async (request, reply) => {
      const { requestId, expiresAtMs, resendAtMs } = await otp.desk.ask(actorOf(request), request.body)
      const [expiresAt, resendAt] = [new Date(expiresAtMs).toISOString(), new Date(resendAtMs).toISOString()]
      return reply.code(202).send({ requestId, expiresAt, resendAt })
    },
  )

  app.post(
    '/v1/otp/verifications',
    {
      onRequest: requireRole('portal'),
      schema: {
        tags,
        summary: 'Give the code back: the officer’s account may look up histories from here on',
        body: Type.Object(
          {
            requestId: Type.String({ minLength: 1, maxLength: 64 }),
            code: Type.String({ minLength: 1, maxLength: 32 }),
            source: Source,
          },
          closed,
        ),
        response: {
          200: Type.Object({
            grantedAt: instant,
            idleEndsAt: Type.String({ format: 'date-time', description: 'renewed by each look-up' }),
            endsAt: Type.String({ format: 'date-time', description: 'hard end' }),
          }),
        },
      },
    },
    async (request) => {
      const right = await otp.desk.verify(actorOf(request), request.body)
      return {
        grantedAt: new Date(right.grantedAtMs).toISOString(),
        idleEndsAt: new Date(right.idleEndsAtMs).toISOString(),
        endsAt: new Date(right.endsAtMs).toISOString(),
      }
    },
  )

  app.get(
    '/v1/otp/grants',
    {
      onRequest: requireRole('operator', 'province-operator', 'approver', 'province-approver', 'reader'),
      schema: {
        tags,
        summary: 'Who may look up histories now, and since when nothing was looked up',
        response: {
          200: Type.Object({
            version: Type.Integer({ description: 'of the signed document' }),
            grants: Type.Array(
              Type.Object({
                id: Type.String(),
                officer: Type.String(),
                province: Type.String(),
                name: Type.String(),
                account: Type.String({ description: 'masked' }),
                grantedAt: instant,
                usedAt: instant,
                endsAt: instant,
                live: Type.Boolean({ description: 'false where nothing was looked up for `otp.idleMinutes`' }),
              }),
            ),
          }),
        },
      },
    },
    async (request) => ({
      version: otp.grants.figures().version,
      grants: (await otp.grants.list())
        .filter(({ province }) => isWithin(actorOf(request), province))
        .map((row) => ({
          id: row.id,
          officer: row.officer_id,
          province: row.province,
          name: row.name,
          account: row.account_shown,
          grantedAt: new Date(row.granted_at_ms).toISOString(),
          usedAt: new Date(row.used_at_ms).toISOString(),
          endsAt: new Date(row.ends_at_ms).toISOString(),
          live: row.isLive,
        })),
    }),
  )

  app.post(
    '/v1/otp/grants/:id/revoke',
    {
      onRequest: requireRole('operator', 'province-operator', 'approver', 'province-approver'),
      schema: {
        tags,
        summary: 'Take a grant back at once; the officer may ask for another code',
        params: Type.Object({ id: Type.String({ maxLength: 64 }) }),
        body: Type.Object({ reason: Type.String({ minLength: 3, maxLength: 500 }) }, closed),
        response: { 204: Type.Null({ description: 'taken back' }) },
      },
    },
    async (request, reply) => {
      const actor = actorOf(request)
      const { id } = request.params
      await store.transact(actor, (tx) => revokeGrant(tx, actor, id, request.body.reason, clock.nowMs()))
      await otp.grants.work()
      return reply.code(204).send(null)
    },
  )

  app.post(
    '/v1/grant-uses',
    {
      onRequest: requireRole('agent'),
      bodyLimit: MAX_GRANT_USES * 64,
      schema: {
        tags,
        summary: 'What was looked up under grants at an edge: the latest use of each counts',
        body: GrantUses,
        response: {
          200: Type.Object({
            renewed: Type.Integer(),
            refused: Type.Integer({ description: 'of the future: the edge’s clock runs ahead' }),
          }),
        },
      },
    },
    async (request) => otp.grants.takeUses(request.body),
  )

  app.get(
    '/v1/sms',
    {
      onRequest: requireRole('operator', 'approver', 'reader'),
      schema: { tags, summary: 'SMS gateways and the queue, in figures', response: { 200: SmsView } },
    },
    async () => smsView(store, otp.sms, clock.nowMs()),
  )
}
