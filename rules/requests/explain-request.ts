import type { AccountSource, AttributedRequest } from './attributed-request.ts'
import { LINE_FAULTS, type LineFault } from './line-fault.ts'

const EVIDENCE: Readonly<Record<AccountSource, string>> = {
  query: 'named by the first `username` of the query',
  body: 'named by the body of the request, as the proxy logged it',
  header: 'named by the token in the header accessToken, which only hints at it',
  token: 'named by a token (Authorization or the query), which only hints at it',
  correlation: 'the last to log in from that address in the ten minutes before, which is a guess',
}

/** Why a line gave no request, for a person. Nothing of the line is repeated. */
export function explainFault(fault: LineFault): string {
  return `not read: ${fault} ${LINE_FAULTS[fault]}`
}

/**
 * What was understood of a line and by which evidence, for a person.
 * @param mask from `createMasker`: no citizen ID leaves the process
 * @param client the client software as it may be shown; '' where it named none, `undefined` where the line does not tell
 */
export function explainRequest(
  request: AttributedRequest,
  mask: (account: string) => string,
  client: string | undefined,
): string {
  return [accountWords(request, mask), functionWords(request), ...subjectWords(request), clientWords(client)].join('; ')
}

function clientWords(client: string | undefined): string {
  if (client === undefined) return 'client software not told'
  return client === '' ? 'the client named no software' : `client software ${JSON.stringify(client)}`
}

function accountWords({ account, accountSource, facility }: AttributedRequest, mask: (account: string) => string): string {
  if (account === undefined || accountSource === undefined) {
    return 'no account: no `username` of a known form, no token, no log-in from that address in the ten minutes before'
  }
  const home = facility === undefined ? ', facility unknown' : ''
  return `account ${mask(account)}${home}, ${EVIDENCE[accountSource]}`
}

function functionWords({ function: name, class: kind, retired, status }: AttributedRequest): string {
  const what = name === 'other' ? 'no function of the portal that is known' : `${name} (${kind}${retired ? ', retired' : ''})`
  return `${what}, ${status === 0 ? 'no answer' : `answered with ${status}`}`
}

function subjectWords({ subject, isProbe }: AttributedRequest): string[] {
  if (isProbe) return ['the person is the number of nobody: a probe']
  return subject === undefined ? [] : ['the log tells the person, kept as a keyed hash']
}
