import type { FastifyReply, FastifyRequest } from 'fastify'
import { parseBlock } from '../../rules/addresses/parse-block.ts'
import { anyone } from '../http/access.ts'
import type { ControlApp, ControlContext } from '../http/context.ts'
import { createBrowserForms, formOf, STALE_FORM, takeForms } from '../pages/browser-forms.ts'
import { clientSource } from '../pages/client-source.ts'
import type { PageWords } from '../pages/page.ts'
import { pageFault } from '../pages/page-fault.ts'
import { registerPageStyle, sendPage } from '../pages/send-page.ts'
import type { Actor } from '../store/store.ts'
import { otpPage, type PageView } from './page-html.ts'

const PAGE: Actor = { person: 'otp-page', role: 'system' }
const MAX_FORM = 2048
/** Refusals after which another code must be asked for. */
const FROM_THE_START = new Set(['OTP_OVER', 'OTP_LOCKED'])
const open = { onRequest: anyone, schema: { hide: true } } as const

/** `/otp`: the walk of an officer without the portal's own page: BHXH number, code, done. Needs no script. */
export function registerOtpPage(app: ControlApp, { otp, config, randomBytes }: ControlContext): void {
  const proxies = config.otp.trustedProxies.map(parseBlock)
  const sourceOf = (request: FastifyRequest): string => clientSource(request, proxies)
  const hasTls = config.tls.certFile !== null
  const forms = createBrowserForms({ path: '/otp', cookie: 'edgeward_otp', keys: otp.keys.pages, randomBytes, hasTls })

  const show = (reply: FastifyReply, status: number, view: PageView) => sendPage(reply, status, otpPage(view))
  const ask = (request: FastifyRequest, reply: FastifyReply, status = 200, fault?: PageWords) => {
    if (!otp.sms.isOn) return show(reply, 200, { kind: 'off' })
    const formToken = forms.tokenFor(request, reply)
    return show(reply, status, { kind: 'ask', formToken, isSmsUp: otp.sms.isUp(), ...(fault === undefined ? {} : { fault }) })
  }

  app.get('/otp', open, async (request, reply) => ask(request, reply))
  app.get('/otp/code', open, async (_request, reply) => reply.redirect('/otp', 303))
  registerPageStyle(app, '/otp/style.css')

  app.register(async (scope) => {
    takeForms(scope, MAX_FORM)
    scope.post('/otp', { ...open, bodyLimit: MAX_FORM }, async (request, reply) => {
      const form = formOf(request)
      if (!forms.isOurs(request, form)) return ask(request, reply, 403, STALE_FORM)
      try {
        const asked = await otp.desk.ask(PAGE, { bhxhCode: form.get('bhxh') ?? '', source: sourceOf(request) })
        return codePage(request, reply, 200, asked.requestId)
      } catch (error) {
        const { status, words } = pageFault(error, request)
        return ask(request, reply, status, words)
      }
    })

    scope.post('/otp/code', { ...open, bodyLimit: MAX_FORM }, async (request, reply) => {
      const form = formOf(request)
      if (!forms.isOurs(request, form)) return ask(request, reply, 403, STALE_FORM)
      const requestId = form.get('request') ?? ''
      try {
        const right = await otp.desk.verify(PAGE, { requestId, code: form.get('code') ?? '', source: sourceOf(request) })
        return show(reply, 200, { kind: 'done', right })
      } catch (error) {
        const { status, words, code, facts } = pageFault(error, request)
        if (FROM_THE_START.has(code) || facts.attemptsLeft === 0) return ask(request, reply, status, words)
        return codePage(request, reply, status, requestId, words)
      }
    })
  })

  const codePage = (request: FastifyRequest, reply: FastifyReply, status: number, requestId: string, fault?: PageWords) =>
    show(reply, status, {
      kind: 'code',
      requestId,
      formToken: forms.tokenFor(request, reply),
      minutes: config.otp.codeMinutes,
      isSmsUp: otp.sms.isUp(),
      ...(fault === undefined ? {} : { fault }),
    })
}
