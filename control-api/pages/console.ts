import type { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { ACTOR, accessRoleOf, anyone, requireOneOf } from '../http/access.ts'
import type { ControlApp, ControlContext } from '../http/context.ts'
import { ControlError } from '../http/control-error.ts'
import type { Actor } from '../store/store.ts'
import { createBrowserForms, formOf, STALE_FORM, takeForms } from './browser-forms.ts'
import { type Html, html } from './html.ts'
import { both, notice, type PageWords, pageHtml } from './page.ts'
import { pageFault } from './page-fault.ts'
import { registerPageStyle, sendPage } from './send-page.ts'
import { createSignIn } from './sign-in.ts'

const PATH = '/console'
const SIGN_IN = `${PATH}/sign-in`
const MAX_FORM = 16_384
const open = { onRequest: anyone, schema: { hide: true } } as const

const EVERYBODY = [
  'operator',
  'province-operator',
  'approver',
  'province-approver',
  'assessor',
  'reader',
  'province',
  'facility',
] as const
export type ConsoleRole = (typeof EVERYBODY)[number]

/** One request of somebody who is signed in and has the role. */
export interface ConsoleVisit {
  readonly actor: Actor
  readonly query: URLSearchParams
  /** What was sent; empty where a page is only looked at. */
  readonly form: URLSearchParams
  /** Named parts of the path. */
  readonly params: Readonly<Record<string, string>>
  readonly log: FastifyRequest['log']
  /** Begin of every form: it can be sent from this page alone. */
  readonly formField: Html
}

/** What a visit is answered with: a page, a file, or where to look next. */
export type ConsoleAnswer =
  | { readonly title: PageWords; readonly body: Html; readonly isWide?: boolean; readonly status?: number }
  | { readonly location: string }
  | { readonly file: ConsoleFile }

/** What a browser saves. */
export interface ConsoleFile {
  /** ASCII without quotes. */
  readonly name: string
  readonly type: string
  readonly content: Buffer | Readable
}

export type ConsoleHandler = (visit: ConsoleVisit) => Promise<ConsoleAnswer>

/** Where an area of the console adds its pages. Paths begin with `/console/`. */
export interface ConsoleSite {
  /** A page that is looked at. */
  page(path: string, roles: readonly ConsoleRole[], handler: ConsoleHandler): void
  /** What a form is sent to. A refusal that the handler does not catch is shown with a way back. */
  action(path: string, roles: readonly ConsoleRole[], handler: ConsoleHandler): void
  /** A place that everybody with one of the roles finds. */
  link(path: string, roles: readonly ConsoleRole[], words: PageWords): void
}

export type ConsoleArea = (site: ConsoleSite, context: ControlContext) => void

/** `/console`: pages for people with an access token, by their roles. No script, one cookie sealed, one for forms. */
export function registerConsole(app: ControlApp, context: ControlContext, areas: readonly ConsoleArea[]): void {
  const { clock, config, otp, randomBytes, store } = context
  const hasTls = config.tls.certFile !== null
  const keys = otp.keys.pages
  const forms = createBrowserForms({ path: PATH, cookie: 'edgeward_form', keys, randomBytes, hasTls })
  const signIn = createSignIn({ store, keys, path: PATH, nowMs: () => clock.nowMs(), hasTls })
  const links: { readonly path: string; readonly roles: readonly ConsoleRole[]; readonly words: PageWords }[] = []
  const linksOf = (actor: Actor) => links.filter(({ roles }) => roles.some((role) => role === accessRoleOf(actor)))

  const fieldOf = (request: FastifyRequest, reply: FastifyReply): Html =>
    html`<input type="hidden" name="form" value="${forms.tokenFor(request, reply)}">`

  const navOf = (request: FastifyRequest, reply: FastifyReply, actor: Actor): Html => {
    const here = request.url.split('?')[0]
    const items = linksOf(actor).map(
      ({ path, words }) => html`<li><a href="${path}"${path === here ? html` aria-current="page"` : ''}>${words.vi}</a></li>`,
    )
    return html`<nav aria-label="Bảng điều khiển"><ul>${items}<li><details><summary>${actor.person} (${[actor.role, actor.scope].filter(Boolean).join(' ')})</summary>
<form method="post" action="${PATH}/sign-out">${fieldOf(request, reply)}<button class="quiet">Đăng xuất <span lang="en">(sign out)</span></button></form></details></li></ul></nav>
`
  }

  const show = (request: FastifyRequest, reply: FastifyReply, actor: Actor, answer: ConsoleAnswer): FastifyReply => {
    if ('location' in answer) return reply.redirect(answer.location, 303)
    if ('file' in answer) {
      const { name, type, content } = answer.file
      return reply.type(type).header('content-disposition', `attachment; filename="${name}"`).send(content)
    }
    const { title, body, isWide } = answer
    const page = pageHtml({ title, body, isWide, style: `${PATH}/style.css`, nav: navOf(request, reply, actor) })
    return sendPage(reply, answer.status ?? 200, page)
  }

  const showSignIn = (request: FastifyRequest, reply: FastifyReply, status = 200, fault?: PageWords): FastifyReply => {
    const page = pageHtml({
      title: { vi: 'Đăng nhập bảng điều khiển', en: 'Sign in to the console' },
      style: `${PATH}/style.css`,
      body: html`${fault === undefined ? '' : notice('fault', fault)}<form method="post" action="${SIGN_IN}">
${fieldOf(request, reply)}
<label for="token">Mã truy cập cá nhân <span class="en" lang="en">Your access token</span></label>
<input id="token" name="token" type="password" autocomplete="current-password" maxlength="100" required autofocus>
<button>Đăng nhập <span lang="en">(sign in)</span></button>
</form>`,
      footer: { vi: 'Trung tâm CNTT cấp mã truy cập cho từng người.', en: 'Central IT makes an access token for each person.' },
    })
    return sendPage(reply, status, page)
  }

  const answered =
    (roles: readonly ConsoleRole[], isForm: boolean, handler: ConsoleHandler) =>
    async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
      const actor = await signIn.find(request)
      if (actor === undefined) return reply.redirect(SIGN_IN, 303)
      request.setDecorator(ACTOR, actor)
      const form = formOf(request)
      try {
        requireOneOf(actor, roles)
        if (isForm && !forms.isOurs(request, form))
          return show(request, reply, actor, refusalPage({ status: 403, words: STALE_FORM }, request))
        const query = new URLSearchParams(request.url.split('?')[1] ?? '')
        const params = request.params as Readonly<Record<string, string>>
        const formField = fieldOf(request, reply)
        return show(request, reply, actor, await handler({ actor, form, query, params, log: request.log, formField }))
      } catch (error) {
        return show(request, reply, actor, refusalPage(pageFault(error, request), request))
      }
    }

  registerPageStyle(app, `${PATH}/style.css`)
  app.register(async (scope) => {
    takeForms(scope, MAX_FORM)
    scope.get(SIGN_IN, open, async (request, reply) => showSignIn(request, reply))
    scope.post(SIGN_IN, { ...open, bodyLimit: MAX_FORM }, async (request, reply) => {
      const form = formOf(request)
      if (!forms.isOurs(request, form)) return showSignIn(request, reply, 403, STALE_FORM)
      try {
        const actor = await signIn.enter(request, reply, (form.get('token') ?? '').trim())
        request.log.info({ person: actor.person, role: actor.role }, 'signed in to the console')
        return await reply.redirect(PATH, 303)
      } catch (error) {
        if (!(error instanceof ControlError)) throw error
        request.log.warn({ code: error.code }, 'sign-in to the console refused')
        return showSignIn(request, reply, 403, WRONG_TOKEN)
      }
    })
    scope.post(`${PATH}/sign-out`, { ...open, bodyLimit: MAX_FORM }, async (request, reply) => {
      if (forms.isOurs(request, formOf(request))) signIn.leave(request, reply)
      return reply.redirect(SIGN_IN, 303)
    })
    scope.get(
      PATH,
      open,
      answered(EVERYBODY, false, async ({ actor }) => {
        const [only, ...others] = linksOf(actor)
        return only !== undefined && others.length === 0 ? { location: only.path } : homePage(linksOf(actor))
      }),
    )
    const site: ConsoleSite = {
      page: (path, roles, handler) => void scope.get(path, open, answered(roles, false, handler)),
      action: (path, roles, handler) => void scope.post(path, { ...open, bodyLimit: MAX_FORM }, answered(roles, true, handler)),
      link: (path, roles, words) => void links.push({ path, roles, words }),
    }
    for (const area of areas) area(site, context)
    // An address that was typed wrong is told in the same words as anything else.
    site.page(`${PATH}/*`, EVERYBODY, () =>
      Promise.reject(new ControlError('NOT_FOUND', 'There is no such page.', { vi: 'Không có trang này.' })),
    )
  })
}

const WRONG_TOKEN: PageWords = {
  vi: 'Mã truy cập không đúng, đã hết hạn hoặc đã bị thu hồi.',
  en: 'The access token is wrong, has expired or was revoked.',
}

function homePage(links: readonly { readonly path: string; readonly words: PageWords }[]): ConsoleAnswer {
  const items = links.map(({ path, words }) => html`<li><a href="${path}">${both(words)}</a></li>`)
  return {
    title: { vi: 'Bảng điều khiển', en: 'Console' },
    body:
      links.length === 0
        ? notice('info', { vi: 'Chưa có trang nào cho vai trò này.', en: 'There are no pages for this role yet.' })
        : html`<ul>${items}</ul>`,
  }
}

function refusalPage(
  { status, words }: { readonly status: number; readonly words: PageWords },
  request: FastifyRequest,
): ConsoleAnswer {
  const back = /^\/console\/[a-z-]+/.exec(request.url)?.[0] ?? PATH
  return {
    status,
    title: { vi: 'Không thực hiện được', en: 'This could not be done' },
    body: html`${notice('fault', words)}<p><a href="${back}">Quay lại</a> <span class="en" lang="en">Back</span></p>`,
  }
}
