import { timingSafeEqual } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ControlApp } from '../http/context.ts'
import type { PageWords } from './page.ts'
import type { PageKeys } from './page-keys.ts'
import { readUpload, UploadedForm } from './uploaded-form.ts'

const FORM_TYPE = 'application/x-www-form-urlencoded'

export interface BrowserFormsParts {
  /** Folder of the pages, and path of the cookie: `/otp`. */
  readonly path: string
  /** Name of the cookie. */
  readonly cookie: string
  readonly keys: PageKeys
  readonly randomBytes: (size: number) => Uint8Array
  /** Whether this service itself speaks TLS; a proxy says so by X-Forwarded-Proto. */
  readonly hasTls: boolean
}

/** Forms that only our own pages can send: a cookie `SameSite=Strict`, a token in the form, and what the browser says of the sender (Sec-Fetch-Site). */
export interface BrowserForms {
  /** Value of the hidden field `form`; a browser without cookie gets one. */
  tokenFor(request: FastifyRequest, reply: FastifyReply): string
  /** Whether this form was made for this browser, and sent from our own page. */
  isOurs(request: FastifyRequest, form: URLSearchParams): boolean
}

export function createBrowserForms({ path, cookie, keys, randomBytes, hasTls }: BrowserFormsParts): BrowserForms {
  const tokenOf = (session: string): string => Buffer.from(keys.formToken(session)).toString('base64url')
  const findSession = (request: FastifyRequest): string | undefined => {
    const session = findCookie(request, cookie)
    return session !== undefined && /^[A-Za-z0-9_-]{24}$/.test(session) ? session : undefined
  }
  return {
    tokenFor(request, reply) {
      const known = findSession(request)
      if (known !== undefined) return tokenOf(known)
      const session = Buffer.from(randomBytes(18)).toString('base64url')
      setCookie(request, reply, { name: cookie, value: session, path, hasTls })
      return tokenOf(session)
    },
    isOurs(request, form) {
      const session = findSession(request)
      const site = request.headers['sec-fetch-site']
      if (session === undefined || (site !== undefined && site !== 'same-origin')) return false
      const given = Buffer.from(form.get('form') ?? '')
      const expected = Buffer.from(tokenOf(session))
      return given.length === expected.length && timingSafeEqual(given, expected)
    },
  }
}

export const STALE_FORM: PageWords = {
  vi: 'Biểu mẫu không còn hiệu lực, hãy nhập lại. Trình duyệt phải cho phép cookie.',
  en: 'The form is no longer valid; fill it in again. The browser must take cookies.',
}

export function findCookie(request: FastifyRequest, name: string): string | undefined {
  const given = (request.headers.cookie ?? '').split(';').map((each) => each.trim())
  return given.find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1)
}

export interface NewCookie {
  readonly name: string
  /** Letters, digits, `-` and `_`. */
  readonly value: string
  readonly path: string
  readonly hasTls: boolean
  /** Until the browser is closed where left out; 0 takes the cookie away. */
  readonly maxAgeS?: number
}

/** Sets a cookie that no script reads and no other site sends. */
export function setCookie(request: FastifyRequest, reply: FastifyReply, cookie: NewCookie): void {
  const isSecure = cookie.hasTls || request.headers['x-forwarded-proto'] === 'https'
  const age = cookie.maxAgeS === undefined ? '' : `; Max-Age=${cookie.maxAgeS}`
  const text = `${cookie.name}=${cookie.value}; Path=${cookie.path}${age}; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}`
  const before = reply.getHeader('set-cookie')
  reply.header('set-cookie', before === undefined ? text : [before, text].flat().map(String))
}

/** Lets a scope take forms, which no other path does. */
export function takeForms(scope: ControlApp, maxBytes: number): void {
  scope.addContentTypeParser(FORM_TYPE, { parseAs: 'string', bodyLimit: maxBytes }, (_request, body, done) =>
    done(null, new URLSearchParams(body.toString())),
  )
}

/** Lets a scope take forms with a file. */
export function takeUploads(scope: ControlApp, maxBytes: number): void {
  scope.addContentTypeParser(
    'multipart/form-data',
    { parseAs: 'buffer', bodyLimit: maxBytes },
    (request: FastifyRequest, body: Buffer<ArrayBuffer>) => readUpload(body, request.headers['content-type'] ?? ''),
  )
}

/** The form that came; an empty one where something else came. */
export function formOf(request: FastifyRequest): URLSearchParams {
  if (request.body instanceof UploadedForm) return request.body.fields
  return request.body instanceof URLSearchParams ? request.body : new URLSearchParams()
}
