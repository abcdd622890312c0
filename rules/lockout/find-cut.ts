import type { Block } from '../addresses/block.ts'
import { isPassing, judgeSource } from '../firewall/judge-source.ts'
import type { FilterProgram } from '../firewall/program.ts'

/** Why a change is not made although it is signed: it would lock somebody out who must not be. */
export const LOCKOUT_ERRORS = {
  SESSION_CUT: 'the change would cut the session of an administrator who is logged in now',
  PROBER_CUT: 'the change would cut a source that must always pass: a health prober or a load balancer',
  CONTROL_CUT:
    'the change would cut the answers of the control API, because a guarded port is one of the ports of outgoing connections',
  PROBE_FAILED: 'the portal failed its health check after the change, so the edge went back to the revision before',
  REVISION_HELD_BACK:
    'this revision failed the health check here and is not taken again until it is released or a newer one comes',
  SWITCH_HELD_BACK:
    'the portal failed its health check after this revision was switched to enforce at its date, so the edge observes until that is released or a newer revision comes',
  NO_WAY_BACK: 'the portal failed its health check after the change, and the edge does not know the revision before',
} as const

export type LockoutErrorCode = keyof typeof LOCKOUT_ERRORS

/** A source that a change must not cut off while it passes now. */
export interface Watched {
  readonly kind: 'session' | 'prober' | 'control'
  readonly block: Block
  /** The local TCP port it uses; `undefined` for any of the guarded ones. */
  readonly port: number | undefined
}

export interface Cut {
  readonly code: 'SESSION_CUT' | 'PROBER_CUT' | 'CONTROL_CUT'
  readonly block: Block
  readonly port: number | undefined
}

const CODES = { session: 'SESSION_CUT', prober: 'PROBER_CUT', control: 'CONTROL_CUT' } as const

/**
 * Whom `next` would cut off who passes under `before` (`undefined`: nothing in force, all pass). Whoever is cut already is no reason to refuse: a dead
 * connection would hold every list back. Interfaces are not looked at, because nobody can tell by which one a connection came.
 */
export function findCuts(before: FilterProgram | undefined, next: FilterProgram, watched: readonly Watched[]): readonly Cut[] {
  return watched
    .filter((one) => isCut(next, one) && !(before !== undefined && isCut(before, one)))
    .map(({ kind, block, port }) => ({ code: CODES[kind], block, port }))
}

function isCut(program: FilterProgram, { kind, block, port }: Watched): boolean {
  // A session and an answer end at this host; a prober may also be on its way through.
  if (kind !== 'prober' && !program.hooks.includes('input')) return false
  if (port !== undefined && !program.guarded.tcp.includes(port)) return false
  return !isPassing(program, judgeSource(program, block))
}

/** Port of a guarded TCP port that lies in the range of outgoing connections (`ip_local_port_range`), where answers come in. */
export function findOutgoingPort(
  program: FilterProgram,
  range: { readonly from: number; readonly to: number },
): number | undefined {
  return program.guarded.tcp.find((port) => port >= range.from && port <= range.to)
}

/** A cut in words that tell what to do. */
export function cutWords(next: FilterProgram, { code, block, port }: Cut): string {
  const change = `Cannot put revision ${next.revision} in force`
  const cure = `name ${block} in management.prefixes`
  if (code === 'SESSION_CUT')
    return `${change}: an administrator is logged in from ${block} on guarded port ${port}, and would be cut off; ${cure}, or log out`
  if (code === 'PROBER_CUT')
    return `${change}: ${block} must always pass (lockout.mustPass), and would be refused; ask central IT to approve it, or ${cure}`
  return `${change}: guarded port ${port} is one of the ports of outgoing connections, so answers of the control API at ${block} would be refused; ${cure}, or guard another port`
}
