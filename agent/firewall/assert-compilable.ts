import { checkBlocked, checkProgram } from '../../rules/firewall/check-program.ts'
import { FilterError } from '../../rules/firewall/filter-error.ts'
import type { FilterProgram, TimedBlock } from '../../rules/firewall/program.ts'
import { FirewallError } from './firewall-error.ts'

/** A program that cannot be compiled is refused before anything is touched. @throws FirewallError REFUSED */
export function assertCompilable(program: FilterProgram): void {
  refuseWhere(() => checkProgram(program))
}

/** The same of timed blocks alone. @throws FirewallError REFUSED */
export function assertBlockable(blocked: readonly TimedBlock[]): void {
  refuseWhere(() => checkBlocked(blocked))
}

function refuseWhere(check: () => void): void {
  try {
    check()
  } catch (error) {
    if (!(error instanceof FilterError)) throw error
    throw new FirewallError('REFUSED', error.message, { cause: error })
  }
}
