import { hideIdentifiers } from '../../rules/requests/hide-identifiers.ts'

const MAX_LENGTH = 80
const MAX_KNOWN = 4096
/** A run that could be a secret or an identifier, not the name of a program. */
const LONG_RUN = /[A-Za-z0-9+=]{33,}/g
const STRANGE = /[^ -~]+/g

/** The software of a client by its User-Agent: printable ASCII, without identifiers, cut. */
export function createClientNames(): (userAgent: string | undefined) => string {
  const known = new Map<string, string>()
  return (userAgent) => {
    if (userAgent === undefined) return ''
    const held = known.get(userAgent)
    if (held !== undefined) return held
    const clean = hideIdentifiers(
      userAgent
        .slice(0, 2 * MAX_LENGTH)
        .replace(LONG_RUN, '*')
        .replace(STRANGE, '?'),
    )
      .replaceAll('•', '*')
      .slice(0, MAX_LENGTH)
      .trim()
    if (known.size >= MAX_KNOWN) known.clear()
    if (userAgent.length <= 512) known.set(userAgent, clean)
    return clean
  }
}
