import type { FastifyReply } from 'fastify'
import { anyone } from '../http/access.ts'
import type { ControlApp } from '../http/context.ts'
import type { Html } from './html.ts'
import { PAGE_STYLE } from './page.ts'

const POLICY = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

/** Sends a page that runs no script, loads nothing from elsewhere and stands in no frame. */
export function sendPage(reply: FastifyReply, status: number, page: Html): FastifyReply {
  return reply.code(status).header('content-security-policy', POLICY).type('text/html; charset=utf-8').send(page.markup)
}

/** Serves the style sheet of pages at this path. */
export function registerPageStyle(app: ControlApp, path: string): void {
  app.get(path, { onRequest: anyone, schema: { hide: true } }, async (_request, reply) =>
    reply.header('cache-control', 'public, max-age=3600').type('text/css; charset=utf-8').send(PAGE_STYLE),
  )
}
