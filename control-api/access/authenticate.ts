import type { FastifyRequest } from 'fastify'
import { ACTOR } from '../http/access.ts'
import type { ControlContext } from '../http/context.ts'
import { ControlError } from '../http/control-error.ts'
import { agentOf } from './agent-credential.ts'
import { createAgentKeys } from './agent-keys.ts'
import { personOf } from './person-tokens.ts'
import { createReplayGuard } from './replay-guard.ts'

/** Non-GET requests of one minute that are remembered: far more than a fleet sends. */
const MAX_REPLAYS = 200_000
/** More agents than there are edges. */
const MAX_KEYS = 10_000

/** Hook for every request, before anything is read of its body: finds out who makes it. Says nothing about whether they may. */
export function authenticate({ store, clock, config }: ControlContext): (request: FastifyRequest) => Promise<void> {
  const known = { replays: createReplayGuard(MAX_REPLAYS), keys: createAgentKeys(MAX_KEYS) }
  return async (request) => {
    const header = request.headers.authorization
    if (header === undefined) return
    const credential = /^Bearer ([A-Za-z0-9._~+/=-]{1,4096})$/i.exec(header)?.[1]
    if (credential === undefined) throw new ControlError('UNAUTHENTICATED', 'The Authorization header is not "Bearer <token>".')
    const nowMs = clock.nowMs()
    const isJwt = credential.split('.').length === 3
    const use = { method: request.method, path: pathOf(request.url), nowMs, clockSkewS: config.agents.clockSkewS }
    const actor = isJwt ? await agentOf(store, credential, use, known) : await personOf(store, credential, nowMs)
    request.setDecorator(ACTOR, actor)
  }
}

/** A URL without its query: that is where secrets stand. */
export function pathOf(url: string): string {
  const end = url.indexOf('?')
  return end === -1 ? url : url.slice(0, end)
}
