import { isIP } from 'node:net'
import type { Block } from '../../rules/addresses/block.ts'
import { parseBlock } from '../../rules/addresses/parse-block.ts'
import type { FilterProgram } from '../../rules/firewall/program.ts'
import { type Cut, cutWords, findCuts, findOutgoingPort, type Watched } from '../../rules/lockout/find-cut.ts'
import { LockoutError } from '../../rules/lockout/lockout-error.ts'
import type { HostSight } from './host-sight.ts'

/** Asked before every change of what is in force. */
export interface LockoutGuard {
  /** Whom the change would lock out; empty where nobody. */
  judge(before: FilterProgram | undefined, next: FilterProgram): Promise<readonly Cut[]>
  /** @throws LockoutError SESSION_CUT, PROBER_CUT, CONTROL_CUT */
  assertSafe(before: FilterProgram | undefined, next: FilterProgram): Promise<void>
}

export interface LockoutGuardParts {
  readonly sight: HostSight
  /** TCP ports at which administrators log in. */
  readonly sessionPorts: readonly number[]
  /** Blocks that must always pass. */
  readonly mustPass: readonly string[]
  readonly controlUrl: string
}

export function createLockoutGuard({ sight, sessionPorts, mustPass, controlUrl }: LockoutGuardParts): LockoutGuard {
  const probers = mustPass.map((text): Watched => ({ kind: 'prober', block: parseBlock(text), port: undefined }))

  /**
   * Where logind keeps a list, only addresses from which somebody is logged in count: else whoever is approved could hold a revocation back by merely
   * keeping a connection to the port open.
   */
  const sessions = async (guarded: readonly number[]): Promise<Watched[]> => {
    const ports = sessionPorts.filter((port) => guarded.includes(port))
    if (ports.length === 0) return []
    const [connections, logins] = await Promise.all([sight.connections(), sight.logins()])
    return connections
      .filter(({ localPort, peer }) => ports.includes(localPort) && (logins === undefined || logins.has(peer)))
      .map(({ localPort, peer }) => ({ kind: 'session', block: peer, port: localPort }))
  }

  const control = async (next: FilterProgram): Promise<Watched[]> => {
    const port = findOutgoingPort(next, await sight.outgoingPorts())
    if (port === undefined) return []
    const host = new URL(controlUrl).hostname.replace(/^\[(.*)\]$/, '$1')
    const addresses: readonly Block[] = isIP(host) === 0 ? await sight.addressesOf(host) : [parseBlock(host)]
    return addresses.map((block) => ({ kind: 'control', block, port }))
  }

  const judge: LockoutGuard['judge'] = async (before, next) => {
    // In observe mode nobody but blocked sources is refused, and those are no business of a list.
    if (next.mode === 'observe') return []
    // What is blocked or let in for a while is not the list's doing, and ends by itself.
    const asListed = { ...next, blocked: [] }
    const listedBefore = before && { ...before, blocked: [], opened: [] }
    return findCuts(listedBefore, asListed, [...(await sessions(next.guarded.tcp)), ...probers, ...(await control(next))])
  }

  return {
    judge,
    async assertSafe(before, next) {
      const [first, ...more] = await judge(before, next)
      if (first === undefined) return
      const others = more.length === 0 ? '' : ` (and ${more.length} more)`
      throw new LockoutError(first.code, `${cutWords(next, first)}${others}`)
    },
  }
}
