import type { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { ACTOR, accessRoleOf, anyone, findActor, requireOneOf } from '../http/access.ts'
import type { ControlApp, ControlContext } from '../http/context.ts'
import { ControlError } from '../http/control-error.ts'
import { refusalOf } from '../http/problem.ts'
import { IMPORT_LIMITS } from '../imports/sheet.ts'
import type { Actor } from '../store/store.ts'
import { createBrowserForms, formOf, STALE_FORM, takeForms, takeUploads } from './browser-forms.ts'
import { type Html, html } from './html.ts'
import { both, notice, type PageWords, pageHtml } from './page.ts'
import { type PageFault, pageFault } from './page-fault.ts'
import { registerPageStyle, sendPage } from './send-page.ts'
import { keptFields, type SentForm, sentForm } from './sent-form.ts'
import { createSignIn } from './sign-in.ts'
import { SIGNED_IN_AGAIN, SIGNED_OUT, type SignInView, signInPage, WRONG_TOKEN } from './sign-in-page.ts'
import { refuseTooLarge, UploadedForm } from './uploaded-form.ts'

const PATH = '/console'
const SIGN_IN = `${PATH}/sign-in`
const MAX_FORM = 16_384
/** The file, and what a form adds to it. */
const MAX_UPLOAD = IMPORT_LIMITS.maxBytes + MAX_FORM
const NO_FILE = new Uint8Array()
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
  /** The file that was sent; empty where there was none. */
  readonly file: Uint8Array
  /** Named parts of the path. */
  readonly params: Readonly<Record<string, string>>
  readonly log: FastifyRequest['log']
  /** Begin of every form: it can be sent from this page alone. */
  readonly formField: Html
}

/** What a visit is answered with: a page, a file, or where to look next. */
export type ConsoleAnswer = ConsolePage | { readonly location: string } | { readonly file: ConsoleFile }

export interface ConsolePage {
  readonly title: PageWords
  readonly body: Html
  readonly isWide?: boolean
  readonly status?: number
}

/** The page of a form. It is shown once more with what was typed, and the message beside the field, where the form is refused. */
export interface ConsoleFormPage {
  /** Where the form is found. */
  readonly path: string
  show(visit: ConsoleVisit, sent: SentForm): Promise<ConsolePage>
}

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
  /** What a form is sent to. A refusal that the handler does not catch is shown on the page of the form, or with a way back where it has none. */
  action(path: string, roles: readonly ConsoleRole[], handler: ConsoleHandler, page?: ConsoleFormPage): void
  /** The same for a form with a file (`visit.file`), which is read only for who may send one. */
  upload(path: string, roles: readonly ConsoleRole[], handler: ConsoleHandler, page: ConsoleFormPage): void
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

  const showSignIn = (
    request: FastifyRequest,
    reply: FastifyReply,
    { status = 200, action = SIGN_IN, ...view }: Partial<SignInView> & { readonly status?: number } = {},
  ): FastifyReply => sendPage(reply, status, signInPage({ path: PATH, action, formField: fieldOf(request, reply), ...view }))

  /** Who wanted to look at a page comes back to it; who sent a form signs in on the way, and sees it again. */
  const askSignIn = (
    request: FastifyRequest,
    reply: FastifyReply,
    form: URLSearchParams,
    page?: ConsoleFormPage,
  ): FastifyReply => {
    if (page === undefined || !forms.isOurs(request, form)) {
      const wanted = page?.path ?? (request.method === 'GET' && request.url !== PATH ? request.url : undefined)
      return reply.redirect(wanted === undefined ? SIGN_IN : `${SIGN_IN}?to=${encodeURIComponent(wanted)}`, 303)
    }
    const isTried = form.has('token')
    if (isTried) request.log.warn('sign-in to the console refused')
    const why = isTried ? { fault: WRONG_TOKEN } : { info: SIGNED_OUT }
    return showSignIn(request, reply, { status: 403, action: request.url, kept: keptFields(form), ...why })
  }

  /** Somebody who signed in on a form that he had sent when his time was over. */
  const enterByForm = async (request: FastifyRequest, reply: FastifyReply, form: URLSearchParams): Promise<Actor | undefined> => {
    const token = form.get('token')
    if (token === null || !forms.isOurs(request, form)) return undefined
    try {
      return await signIn.enter(request, reply, token.trim())
    } catch (error) {
      if (error instanceof ControlError) return undefined
      throw error
    }
  }

  const answered =
    (roles: readonly ConsoleRole[], isForm: boolean, handler: ConsoleHandler, page?: ConsoleFormPage) =>
    async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
      const form = formOf(request)
      const known = await signIn.find(request)
      const actor = known ?? (page === undefined ? undefined : await enterByForm(request, reply, form))
      if (actor === undefined) return askSignIn(request, reply, form, isForm ? page : undefined)
      request.setDecorator(ACTOR, actor)
      const visit: ConsoleVisit = {
        actor,
        form,
        file: request.body instanceof UploadedForm ? request.body.file : NO_FILE,
        query: new URLSearchParams(request.url.split('?')[1] ?? ''),
        params: request.params as Readonly<Record<string, string>>,
        log: request.log,
        formField: fieldOf(request, reply),
      }
      const refuse = async (fault: PageFault): Promise<FastifyReply> => {
        // What another site had a browser send is put into no form of ours.
        if (page === undefined || fault.status === 404 || !isFromHere(request))
          return show(request, reply, actor, refusalPage(fault, request))
        try {
          return show(request, reply, actor, { ...(await page.show(visit, sentForm(form, fault))), status: fault.status })
        } catch (error) {
          return show(request, reply, actor, refusalPage(pageFault(error, request), request))
        }
      }
      try {
        requireOneOf(actor, roles)
      } catch (error) {
        return show(request, reply, actor, refusalPage(pageFault(error, request), request))
      }
      try {
        if (isForm && !forms.isOurs(request, form)) return await refuse({ ...STALE, words: STALE_FORM })
        if (isForm && known === undefined) return await refuse({ ...STALE, words: SIGNED_IN_AGAIN })
        return show(request, reply, actor, await handler(visit))
      } catch (error) {
        return refuse(pageFault(error, request))
      }
    }

  registerPageStyle(app, `${PATH}/style.css`)
  app.register(async (scope) => {
    takeForms(scope, MAX_FORM)
    scope.get(SIGN_IN, open, async (request, reply) =>
      showSignIn(request, reply, { kept: keptPath(new URLSearchParams(request.url.split('?')[1] ?? '').get('to') ?? '') }),
    )
    scope.post(SIGN_IN, { ...open, bodyLimit: MAX_FORM }, async (request, reply) => {
      const form = formOf(request)
      const kept = keptPath(form.get('to') ?? '')
      if (!forms.isOurs(request, form)) return showSignIn(request, reply, { status: 403, fault: STALE_FORM, kept })
      try {
        const actor = await signIn.enter(request, reply, (form.get('token') ?? '').trim())
        request.log.info({ person: actor.person, role: actor.role }, 'signed in to the console')
        return await reply.redirect(kept[0]?.[1] ?? PATH, 303)
      } catch (error) {
        if (!(error instanceof ControlError)) throw error
        request.log.warn({ code: error.code }, 'sign-in to the console refused')
        return showSignIn(request, reply, { status: 403, fault: WRONG_TOKEN, kept })
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
    const uploads: ((files: ControlApp) => void)[] = []
    const site: ConsoleSite = {
      page: (path, roles, handler) => void scope.get(path, open, answered(roles, false, handler)),
      action(path, roles, handler, page) {
        scope.post(path, { ...open, bodyLimit: MAX_FORM }, answered(roles, true, handler, page))
        // Somebody who comes back to the address of a refused form.
        if (page !== undefined) scope.get(path, open, async (_request, reply) => reply.redirect(page.path, 303))
      },
      upload(path, roles, handler, page) {
        uploads.push((files) => {
          const onRequest = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
            const actor = await signIn.find(request)
            if (actor === undefined) return askSignIn(request, reply, new URLSearchParams(), page)
            request.setDecorator(ACTOR, actor)
            requireOneOf(actor, roles)
            await refuseTooLarge(request.raw, MAX_UPLOAD)
            return undefined
          }
          files.post(path, { ...open, onRequest, bodyLimit: MAX_UPLOAD }, answered(roles, true, handler, page))
          files.get(path, open, async (_request, reply) => reply.redirect(page.path, 303))
        })
      },
      link: (path, roles, words) => void links.push({ path, roles, words }),
    }
    for (const area of areas) area(site, context)
    scope.register(async (files) => {
      takeUploads(files, MAX_UPLOAD)
      for (const upload of uploads) upload(files)
    })
    // What is refused before a handler sees it: a body that is too large, or that cannot be read.
    scope.setErrorHandler((error, request, reply) => {
      const refused = refusalPage(pageFault(refusalOf(error), request), request)
      const actor = findActor(request)
      if (actor !== null) return show(request, reply, actor, refused)
      return sendPage(reply, refused.status ?? 500, pageHtml({ ...refused, style: `${PATH}/style.css` }))
    })
    // An address that was typed wrong is told in the same words as anything else.
    site.page(`${PATH}/*`, EVERYBODY, () =>
      Promise.reject(new ControlError('NOT_FOUND', 'There is no such page.', { vi: 'Không có trang này.' })),
    )
  })
}

const STALE = { status: 403, code: 'FORBIDDEN', fields: new Map<string, PageWords>(), facts: {} } as const

/** Browsers of today say who sends a form; of others it is not known. */
function isFromHere({ headers }: FastifyRequest): boolean {
  const site = headers['sec-fetch-site']
  return site === undefined ? headers.cookie !== undefined : site === 'same-origin'
}

/** The page that somebody wanted when he was asked to sign in, as a field of that form; none that is not ours. */
function keptPath(to: string): readonly (readonly [string, string])[] {
  return /^\/console\/(?!sign-)[a-z0-9/-]+(\?[\w=&.%+-]*)?$/i.test(to) ? [['to', to]] : []
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
): ConsolePage {
  const back = /^\/console\/[a-z-]+/.exec(request.url)?.[0] ?? PATH
  return {
    status,
    title: { vi: 'Không thực hiện được', en: 'This could not be done' },
    body: html`${notice('fault', words)}<p><a href="${back}">Quay lại</a> <span class="en" lang="en">Back</span></p>`,
  }
}
