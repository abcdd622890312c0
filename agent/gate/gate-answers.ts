import type { ServerResponse } from 'node:http'
import { GATE_REASONS, type GateReason } from '../../rules/gate/gate-reason.ts'
import type { GateDecision } from '../../rules/gate/gate-request.ts'
import type { GatePolicy } from '../../rules/gate/policy-options.ts'
import { asciiJson, refusalText } from './refusal-text.ts'

/** How a proxy wants the answer. nginx's `auth_request` takes no status but 2xx, 401 and 403, and drops the body: it reads both from headers. */
export type AnswerForm = 'plain' | 'auth_request'

/** The answer to one reason, made once for a policy. */
interface Refusal {
  readonly body: Buffer
  readonly plain: Readonly<Record<string, string>>
  readonly authRequest: Readonly<Record<string, string>>
}

/** Writes decisions as answers. */
export interface GateAnswers {
  write(response: ServerResponse, decision: GateDecision, form: AnswerForm): void
}

const PASS = { 'Content-Length': '0' } as const

export function createGateAnswers({ contact }: Pick<GatePolicy, 'contact'>): GateAnswers {
  const refusals = new Map<GateReason, Refusal>()

  function refusalOf(reason: GateReason): Refusal {
    const known = refusals.get(reason)
    if (known !== undefined) return known
    const { status } = GATE_REASONS[reason]
    const body = Buffer.from(refusalText(reason, contact))
    const common = { 'X-Edgeward-Reason': reason, 'Cache-Control': 'no-store' }
    const challenge: Readonly<Record<string, string>> = status === 401 ? { 'WWW-Authenticate': 'Bearer' } : {}
    const fresh: Refusal = {
      body,
      plain: {
        ...common,
        ...challenge,
        'Content-Type': 'application/json; charset=utf-8',
        'Content-Length': String(body.length),
      },
      authRequest: {
        ...common,
        ...challenge,
        'X-Edgeward-Status': String(status),
        'X-Edgeward-Body': asciiJson(body.toString('utf8')),
        'Content-Length': '0',
      },
    }
    refusals.set(reason, fresh)
    return fresh
  }

  return {
    write(response, { status, reason, rehearsal, retryAfterS }, form) {
      if (reason === undefined) {
        response.writeHead(204, rehearsal === undefined ? PASS : { ...PASS, 'X-Edgeward-Rehearsal': rehearsal })
        response.end()
        return
      }
      const { body, plain, authRequest } = refusalOf(reason)
      const headers = form === 'plain' ? plain : authRequest
      const later = retryAfterS === undefined ? undefined : { ...headers, 'Retry-After': String(retryAfterS) }
      if (form === 'plain') {
        response.writeHead(status, later ?? headers)
        response.end(body)
        return
      }
      response.writeHead(status === 401 ? 401 : 403, later ?? headers)
      response.end()
    },
  }
}
