import { hideIdentifiers } from '../../rules/requests/hide-identifiers.ts'

const MAX_LENGTH = 80
/** Bytes of a User-Agent that are looked at; the shipped configurations of proxies write no more of it. */
export const CLIENT_BYTES = 2 * MAX_LENGTH
const MAX_KNOWN = 4096
/** A run that could be a secret or an identifier, not the name of a program. */
const LONG_RUN = /[A-Za-z0-9+=]{33,}/g
/** What stands where the text was cut: half a secret is not known for one. */
const CUT_RUN = /[A-Za-z0-9+=]+$/
const STRANGE = /[^ -~]+/g

/** The software of a client by its User-Agent: printable ASCII, without identifiers, cut. */
export function createClientNames(): (userAgent: string | undefined) => string {
  const known = new Map<string, string>()
  return (userAgent) => {
    if (userAgent === undefined) return ''
    const held = known.get(userAgent)
    if (held !== undefined) return held
    const seen = userAgent.slice(0, CLIENT_BYTES)
    const clean = hideIdentifiers(
      (seen.length < CLIENT_BYTES ? seen : seen.replace(CUT_RUN, '*')).replace(LONG_RUN, '*').replace(STRANGE, '?'),
    )
      .replaceAll('•', '*')
      .slice(0, MAX_LENGTH)
      .trim()
    if (known.size >= MAX_KNOWN) known.clear()
    if (userAgent.length <= 512) known.set(userAgent, clean)
    return clean
  }
}
