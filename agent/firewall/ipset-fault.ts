import { FirewallError, type FirewallErrorCode } from './firewall-error.ts'

const MAX_QUOTED_LENGTH = 300

/** What ipset(8) and iptables-restore(8) print, with LC_ALL=C. The first that fits counts. */
const PRINTED: readonly (readonly [RegExp, FirewallErrorCode])[] = [
  [/Operation not permitted|Permission denied|Can't open socket to ipset/, 'NOT_PERMITTED'],
  [/Cannot allocate memory|Memory allocation problem|No buffer space/, 'OUT_OF_MEMORY'],
  [
    /No chain\/target\/match by that name|Couldn't load (match|target)|Table does not exist|not supported|Protocol not available|Invalid command|is incompatible|unknown option|Kernel support protocol/,
    'UNSUPPORTED',
  ],
  [/set with the given name does not exist|Set \S+ doesn't exist|it's not added|does a matching rule exist/, 'NOT_IN_FORCE'],
]

/** The error of a tool that ended with another code than 0. `doing` begins the message: `Cannot apply revision 412`. */
export function ipsetFault(doing: string, tool: string, stderr: string): FirewallError {
  const code = PRINTED.find(([pattern]) => pattern.test(stderr))?.[1] ?? 'REFUSED'
  const line = stderr.split('\n').find((text) => text.trim() !== '') ?? ''
  return new FirewallError(code, `${doing}: ${tool} says ${JSON.stringify(line.slice(0, MAX_QUOTED_LENGTH))}`)
}

/** True where a set cannot be destroyed yet: nf_tables forgets old rules some milliseconds after the commit that replaced them. */
export function isStillInUse(stderr: string): boolean {
  return /in use by a kernel component/.test(stderr)
}

/** True where `ipset test` says no. */
export function isNotInSet(printed: string): boolean {
  return / is NOT in set /.test(printed)
}
