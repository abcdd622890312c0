import { timingSafeEqual } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { parseBlock } from '../../rules/addresses/parse-block.ts'
import { anyone } from '../http/access.ts'
import type { ControlApp, ControlContext } from '../http/context.ts'
import { CONTROL_ERRORS, ControlError } from '../http/control-error.ts'
import type { Actor } from '../store/store.ts'
import { clientSource } from './client-source.ts'
import { otpPage, PAGE_STYLE, type PageMessage, type PageView } from './page-html.ts'

const PAGE: Actor = { person: 'otp-page', role: 'system' }
const COOKIE = 'edgeward_otp'
const FORM_TYPE = 'application/x-www-form-urlencoded'
const MAX_FORM = 2048
/** Refusals after which another code must be asked for. */
const FROM_THE_START = new Set(['OTP_OVER', 'OTP_LOCKED'])

/** `/otp`: the walk of an officer without the portal's own page: BHXH number, code, done. Needs no script. */
export function registerOtpPage(app: ControlApp, { otp, config, randomBytes }: ControlContext): void {
  const proxies = config.otp.trustedProxies.map(parseBlock)
  const sourceOf = (request: FastifyRequest): string => {
    const forwarded = request.headers['x-forwarded-for']
    return clientSource(request.socket.remoteAddress ?? '', Array.isArray(forwarded) ? forwarded.join() : forwarded, proxies)
  }
  const tokenOf = (session: string): string => Buffer.from(otp.keys.formToken(session)).toString('base64url')

  /** The form's token of this browser; a browser without cookie gets one. */
  const formTokenFor = (request: FastifyRequest, reply: FastifyReply): string => {
    const known = findSession(request)
    if (known !== undefined) return tokenOf(known)
    const session = Buffer.from(randomBytes(18)).toString('base64url')
    const isSecure = config.tls.certFile !== null || request.headers['x-forwarded-proto'] === 'https'
    reply.header('set-cookie', `${COOKIE}=${session}; Path=/otp; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}`)
    return tokenOf(session)
  }
  const show = (reply: FastifyReply, status: number, view: PageView) =>
    reply
      .code(status)
      .header(
        'content-security-policy',
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
      )
      .type('text/html; charset=utf-8')
      .send(otpPage(view))
  const ask = (request: FastifyRequest, reply: FastifyReply, status = 200, fault?: PageMessage) => {
    if (!otp.sms.isOn) return show(reply, 200, { kind: 'off' })
    const formToken = formTokenFor(request, reply)
    return show(reply, status, { kind: 'ask', formToken, isSmsUp: otp.sms.isUp(), ...(fault === undefined ? {} : { fault }) })
  }

  /** Whether this form was made for this browser, and sent from our own page. */
  const isOurs = (request: FastifyRequest, form: URLSearchParams): boolean => {
    const session = findSession(request)
    const site = request.headers['sec-fetch-site']
    if (session === undefined || (site !== undefined && site !== 'same-origin')) return false
    const given = Buffer.from(form.get('form') ?? '')
    const expected = Buffer.from(tokenOf(session))
    return given.length === expected.length && timingSafeEqual(given, expected)
  }

  app.get('/otp', { onRequest: anyone, schema: { hide: true } }, async (request, reply) => ask(request, reply))
  app.get('/otp/code', { onRequest: anyone, schema: { hide: true } }, async (_request, reply) => reply.redirect('/otp', 303))
  app.get('/otp/style.css', { onRequest: anyone, schema: { hide: true } }, async (_request, reply) =>
    reply.header('cache-control', 'public, max-age=3600').type('text/css; charset=utf-8').send(PAGE_STYLE),
  )

  // A parser of its own: no other path takes forms.
  app.register(async (scope) => {
    scope.addContentTypeParser(FORM_TYPE, { parseAs: 'string', bodyLimit: MAX_FORM }, (_request, body, done) =>
      done(null, new URLSearchParams(body.toString())),
    )
    const formOf = (request: FastifyRequest): URLSearchParams =>
      request.body instanceof URLSearchParams ? request.body : new URLSearchParams()

    scope.post('/otp', { onRequest: anyone, bodyLimit: MAX_FORM, schema: { hide: true } }, async (request, reply) => {
      const form = formOf(request)
      if (!isOurs(request, form)) return ask(request, reply, 403, STALE_FORM)
      try {
        const asked = await otp.desk.ask(PAGE, { bhxhCode: form.get('bhxh') ?? '', source: sourceOf(request) })
        return codePage(request, reply, 200, asked.requestId)
      } catch (error) {
        const { status, fault } = faultOf(error, request)
        return ask(request, reply, status, fault)
      }
    })

    scope.post('/otp/code', { onRequest: anyone, bodyLimit: MAX_FORM, schema: { hide: true } }, async (request, reply) => {
      const form = formOf(request)
      if (!isOurs(request, form)) return ask(request, reply, 403, STALE_FORM)
      const requestId = form.get('request') ?? ''
      try {
        const right = await otp.desk.verify(PAGE, { requestId, code: form.get('code') ?? '', source: sourceOf(request) })
        return show(reply, 200, { kind: 'done', right })
      } catch (error) {
        const { status, fault, code, attemptsLeft } = faultOf(error, request)
        if (FROM_THE_START.has(code) || attemptsLeft === 0) return ask(request, reply, status, fault)
        return codePage(request, reply, status, requestId, fault)
      }
    })
  })

  const codePage = (request: FastifyRequest, reply: FastifyReply, status: number, requestId: string, fault?: PageMessage) =>
    show(reply, status, {
      kind: 'code',
      requestId,
      formToken: formTokenFor(request, reply),
      minutes: config.otp.codeMinutes,
      isSmsUp: otp.sms.isUp(),
      ...(fault === undefined ? {} : { fault }),
    })
}

const STALE_FORM: PageMessage = {
  vi: 'Biểu mẫu không còn hiệu lực, hãy nhập lại. Trình duyệt phải cho phép cookie.',
  en: 'The form is no longer valid; fill it in again. The browser must take cookies.',
}

function findSession(request: FastifyRequest): string | undefined {
  return /(?:^|;\s*)edgeward_otp=([A-Za-z0-9_-]{24})(?:;|$)/.exec(request.headers.cookie ?? '')?.[1]
}

/** What of a refusal an officer reads; anything else is a fault of ours, which the log tells. */
function faultOf(
  error: unknown,
  request: FastifyRequest,
): { status: number; code: string; fault: PageMessage; attemptsLeft: unknown } {
  if (!(error instanceof ControlError)) {
    request.log.error({ err: error }, 'page failed')
    return faultOf(new ControlError('BUSY', 'The system is busy; try again in a few minutes.'), request)
  }
  const { status, title } = CONTROL_ERRORS[error.code]
  const vi = error.vi ?? 'Hệ thống đang bận, hãy thử lại sau ít phút.'
  return {
    status,
    code: error.code,
    fault: { vi, en: error.vi === undefined ? title : error.message },
    attemptsLeft: error.facts.attemptsLeft,
  }
}
