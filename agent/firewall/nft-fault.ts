import type { ProgramError, ProgramErrorCode } from '../process/program-error.ts'
import { FirewallError, type FirewallErrorCode } from './firewall-error.ts'

const MAX_QUOTED_LENGTH = 300

/** What nft(8) prints after `Error:`, with LC_ALL=C. The kernel's answers are strerror(3) texts. The first that fits counts. */
const PRINTED: readonly (readonly [RegExp, FirewallErrorCode])[] = [
  [/Operation not permitted/, 'NOT_PERMITTED'],
  [/Cannot allocate memory|No buffer space|Message too long/, 'OUT_OF_MEMORY'],
  [/Operation not supported|Protocol not supported|Invalid command|unrecognized option/, 'UNSUPPORTED'],
  [/No such file or directory/, 'NOT_IN_FORCE'],
]

/** The error of an nft that ended with another code than 0. `doing` begins the message: `Cannot apply revision 412`. */
export function nftFault(doing: string, stderr: string): FirewallError {
  const code = PRINTED.find(([pattern]) => pattern.test(stderr))?.[1] ?? 'REFUSED'
  return new FirewallError(code, `${doing}: nft says ${JSON.stringify(firstErrorOf(stderr))}`)
}

/** The error of an nft that did not run to its end. */
export function runFault(doing: string, error: ProgramError): FirewallError {
  const codes: Readonly<Record<ProgramErrorCode, FirewallErrorCode>> = {
    NOT_FOUND: 'NO_TOOL',
    NOT_PERMITTED: 'NOT_PERMITTED',
    TOO_MUCH_OUTPUT: 'UNREADABLE',
    TIMED_OUT: 'NOT_FINISHED',
    CANCELLED: 'NOT_FINISHED',
    KILLED: 'NOT_FINISHED',
    INPUT_UNWRITABLE: 'INPUT_UNWRITABLE',
    BAD_INPUT: 'NOT_FINISHED',
  }
  return new FirewallError(codes[error.code], `${doing}: ${error.message}`, { cause: error })
}

/** The first complaint, without the elements that nft quotes below it. */
function firstErrorOf(stderr: string): string {
  const line = stderr.split('\n').find((text) => text.includes('Error:')) ?? stderr.trim()
  return line.length <= MAX_QUOTED_LENGTH ? line : `${line.slice(0, MAX_QUOTED_LENGTH)}…`
}
