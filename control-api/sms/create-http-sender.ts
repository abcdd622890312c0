import type { Clock } from '../../rules/time/clock.ts'
import { escapeFor, fillTemplate, type TemplateFields } from './http-template.ts'
import type { Pace } from './pace.ts'
import { readReceiptSecret, readSecret } from './read-secret.ts'
import { SmsError } from './sms-errors.ts'
import type { Sms, SmsOutcome, SmsSender, SmsSenderState } from './sms-sender.ts'
import { plainText } from './sms-text.ts'

export interface HttpSenderOptions {
  /** With `{phone}`, `{text}`, `{id}`, `{secret}`, as in headers and body. */
  readonly url: string
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly headers: Readonly<Record<string, string>>
  readonly contentType: string
  readonly body: string
  readonly secretFile: string | null
  readonly receiptSecretFile: string | null
  /** A regular expression that the body of a good answer matches; any 2xx answer is good where it is empty. */
  readonly successPattern: string
  /** One whose first group is the id of the message. */
  readonly idPattern: string
  readonly timeoutS: number
}

export interface HttpSenderParts {
  readonly options: HttpSenderOptions
  readonly hasAccents: boolean
  readonly clock: Clock
  /** How fast it may go. */
  readonly pace: Pace
}

const NAME = 'http'
const MAX_ANSWER = 65_536
const THROTTLE_MS = 5000

/** Sends by a gateway that takes HTTP requests. Its receipts come to `/v1/sms/receipts`. */
export function createHttpSender({ options, hasAccents, clock, pace }: HttpSenderParts): SmsSender {
  let state: SmsSenderState = { isUp: true, sinceMs: clock.nowMs(), fault: undefined }
  const turn = (fault: SmsSenderState['fault']): void => {
    const isUp = fault === undefined
    state = { isUp, sinceMs: isUp === state.isUp ? state.sinceMs : clock.nowMs(), fault }
  }

  const ask = async (sms: Sms): Promise<Response> => {
    const secret = options.secretFile === null ? '' : await readSecret(options.secretFile)
    const { receiptSecretFile } = options
    const receiptSecret = receiptSecretFile === null ? '' : await readReceiptSecret(receiptSecretFile)
    const text = hasAccents ? sms.text.normalize('NFC') : plainText(sms.text)
    // Rounded down: a gateway must not send a code that no longer counts.
    const minutes = String(Math.max(1, Math.floor((sms.notAfterMs - clock.nowMs()) / 60_000)))
    const fields: TemplateFields = { phone: sms.phone, text, id: sms.id, minutes, secret, receiptSecret }
    const isWithBody = options.method !== 'GET'
    const headers = Object.entries(options.headers).map(([name, value]) => [name, fillTemplate(value, fields, oneLine)] as const)
    return fetch(fillTemplate(options.url, fields, encodeURIComponent), {
      method: options.method,
      headers: { ...(isWithBody ? { 'content-type': options.contentType } : {}), ...Object.fromEntries(headers) },
      // Another place must not get the secret.
      redirect: 'manual',
      signal: AbortSignal.timeout(options.timeoutS * 1000),
      ...(isWithBody ? { body: fillTemplate(options.body, fields, escapeFor(options.contentType)) } : {}),
    })
  }

  const send = async (sms: Sms): Promise<SmsOutcome> => {
    await pace.turn()
    if (clock.nowMs() >= sms.notAfterMs) return { kind: 'permanent', code: 'TOO_LATE', words: 'no longer valid' }
    const answer = await ask(sms)
    const { status } = answer
    const body = (await answer.text()).slice(0, MAX_ANSWER)
    if (status === 429) return { kind: 'throttled', retryAfterMs: retryAfterMs(answer) }
    if (status >= 500 || status === 408) return { kind: 'temporary', code: 'GATEWAY_FAILED', words: `answered ${status}` }
    // The log-in is wrong, not the message.
    if (status === 401 || status === 403) return { kind: 'temporary', code: 'BIND_REFUSED', words: `answered ${status}` }
    if (status >= 300) return { kind: 'permanent', code: 'MESSAGE_REFUSED', words: `answered ${status}` }
    if (options.successPattern !== '' && !new RegExp(options.successPattern, 's').test(body))
      return { kind: 'temporary', code: 'GATEWAY_FAILED', words: `answered ${status}, but not what sms.http.successPattern asks` }
    const messageId = options.idPattern === '' ? undefined : new RegExp(options.idPattern, 's').exec(body)?.[1]?.slice(0, 64)
    return { kind: 'accepted', messageId, parts: 1 }
  }

  return {
    name: NAME,
    async send(sms) {
      const outcome = await send(sms).catch(outcomeOf)
      if (outcome.kind === 'temporary') turn({ code: outcome.code, words: outcome.words })
      else if (outcome.kind !== 'throttled') turn(undefined)
      return outcome
    },
    state: () => state,
    async [Symbol.asyncDispose]() {
      turn({ code: 'NOT_BOUND', words: 'The service stops' })
    },
  }
}

/** A fault of the way there. Its message may hold the address with the secret in it, so only its code is told. */
function outcomeOf(error: unknown): SmsOutcome {
  if (error instanceof SmsError) return { kind: 'temporary', code: error.code, words: error.message }
  if (error instanceof Error && error.name === 'TimeoutError')
    return { kind: 'temporary', code: 'NO_ANSWER', words: 'no answer in time' }
  const cause = error instanceof Error ? error.cause : undefined
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'
  return { kind: 'temporary', code: 'CONNECT_FAILED', words: `the request failed: ${code}` }
}

function retryAfterMs(answer: Response): number {
  const seconds = Number(answer.headers.get('retry-after'))
  return seconds > 0 ? Math.min(seconds * 1000, 600_000) : THROTTLE_MS
}

function oneLine(value: string): string {
  return value.replaceAll(/[\r\n\0]/g, '')
}
