import type { AttributedRequest } from './attributed-request.ts'
import { portalTimeText } from './portal-time-text.ts'

/**
 * The public form of a request, one line of JSON: these keys, in this order, `null` for what the log does not tell.
 * @param mask from `createMasker`: no citizen ID leaves the process
 */
export function requestText(request: AttributedRequest, mask: (account: string) => string): string {
  return JSON.stringify({
    at: portalTimeText(request.atMs),
    ip: request.ip,
    port: request.port === 0 ? null : request.port,
    account: request.account === undefined ? null : mask(request.account),
    accountSource: request.accountSource ?? null,
    facility: request.facility ?? null,
    function: request.function,
    class: request.class,
    retired: request.retired,
    status: request.status === 0 ? null : request.status,
  })
}
