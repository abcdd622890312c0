import type { FilterProgram } from '../../rules/firewall/program.ts'
import { assertBlockable, assertCompilable } from './assert-compilable.ts'
import type { Firewall } from './firewall.ts'
import { FirewallError } from './firewall-error.ts'

/** A firewall that keeps what it would apply and touches no kernel: for rehearsals and machines without nft. */
export interface DryRunFirewall extends Firewall {
  /** What would be in force. */
  wouldApply(): FilterProgram | undefined
}

/** A new one with nothing in force. It refuses what cannot be compiled, as the kernel's backends do. */
export function createDryRunFirewall(): DryRunFirewall {
  let kept: FilterProgram | undefined
  return {
    backend: 'dry-run',
    wouldApply: () => kept,
    async check(program) {
      assertCompilable(program)
    },
    async apply(program) {
      assertCompilable(program)
      kept = program
    },
    async setBlocked(blocked) {
      assertBlockable(blocked)
      if (kept === undefined)
        throw new FirewallError('NOT_IN_FORCE', 'Cannot replace the blocked sources: no program was applied')
      kept = { ...kept, blocked }
    },
    async inForce() {
      if (kept === undefined) return undefined
      const { revision, digest, mode } = kept
      return { revision, digest, mode }
    },
    async seen() {
      return []
    },
    async unlisted() {
      return 0
    },
    async remove() {
      kept = undefined
    },
  }
}
