import type { FastifyReply, FastifyRequest } from 'fastify'
import { personOf } from '../access/person-tokens.ts'
import { ControlError } from '../http/control-error.ts'
import type { Actor, Store } from '../store/store.ts'
import { findCookie, setCookie } from './browser-forms.ts'
import type { PageKeys } from './page-keys.ts'

const COOKIE = 'edgeward_console'
const PURPOSE = 'console.token'
/** A working day; then the access token is entered again. */
const SESSION_S = 8 * 3600

export interface SignInParts {
  readonly store: Store
  readonly keys: PageKeys
  /** Folder of the pages: `/console`. */
  readonly path: string
  readonly nowMs: () => number
  readonly hasTls: boolean
}

/** Who uses the pages. Nothing is kept here: the browser keeps its access token sealed, so a restart signs nobody out and a revoked token ends at once. */
export interface SignIn {
  /** @throws ControlError UNAUTHENTICATED, REVOKED, FORBIDDEN for a token that is no person's */
  enter(request: FastifyRequest, reply: FastifyReply, token: string): Promise<Actor>
  leave(request: FastifyRequest, reply: FastifyReply): void
  /** `undefined` for a browser that has not signed in, or whose time or token has ended. */
  find(request: FastifyRequest): Promise<Actor | undefined>
}

export function createSignIn({ store, keys, path, nowMs, hasTls }: SignInParts): SignIn {
  const cookie = (value: string, maxAgeS: number) => ({ name: COOKIE, value, path, hasTls, maxAgeS })
  const actorOfToken = async (token: string): Promise<Actor> => {
    const actor = await personOf(store, token, nowMs())
    if (actor.role !== 'portal') return actor
    throw new ControlError('FORBIDDEN', 'A token of the portal is no person’s.', {
      vi: 'Mã truy cập này không phải của người dùng.',
    })
  }
  return {
    async enter(request, reply, token) {
      const actor = await actorOfToken(token)
      const untilMs = nowMs() + SESSION_S * 1000
      setCookie(request, reply, cookie(keys.sealer.seal(`${untilMs} ${token}`, PURPOSE), SESSION_S))
      return actor
    },
    leave(request, reply) {
      setCookie(request, reply, cookie('', 0))
    },
    async find(request) {
      const sealed = findCookie(request, COOKIE)
      const [untilMs = '', token = ''] = (sealed === undefined ? '' : findOpened(keys, sealed)).split(' ')
      if (!(Number(untilMs) > nowMs())) return undefined
      try {
        return await actorOfToken(token)
      } catch (error) {
        if (error instanceof ControlError) return undefined
        throw error
      }
    },
  }
}

function findOpened({ sealer }: PageKeys, sealed: string): string {
  try {
    return sealer.open(sealed, PURPOSE)
  } catch {
    return '' // Whatever a browser sends may be torn or made up: then it has not signed in.
  }
}
