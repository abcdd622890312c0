import type { BlockSet } from '../../rules/addresses/block-set.ts'
import { digestOf } from '../../rules/addresses/block-set-lines.ts'
import type { FilterProgram } from '../../rules/firewall/program.ts'
import { type Cut, cutWords } from '../../rules/lockout/find-cut.ts'
import type { AgentConfig } from '../config/agent-config.ts'
import { createEdgeShape } from '../config/create-edge-shape.ts'
import type { HostSight } from '../lockout/host-sight.ts'
import { createLockoutGuard } from '../lockout/lockout-guard.ts'

/** Whom the list would lock out of this host, judged as the agent judges it before a change. */
export interface PlannedCut {
  readonly code: Cut['code']
  readonly words: string
}

/** `before` is `undefined` where nothing is in force, or nobody can read it. */
export async function planCuts(
  config: AgentConfig,
  sight: HostSight,
  before: BlockSet | undefined,
  next: BlockSet,
): Promise<readonly PlannedCut[]> {
  const mode = config.mode === 'observe' ? 'observe' : 'enforce'
  const shape = createEdgeShape(config)
  const programOf = (revision: number, approved: BlockSet): FilterProgram => {
    return { ...shape, revision, digest: digestOf(approved), mode, approved, blocked: [] }
  }
  const guard = createLockoutGuard({ sight, ...config.lockout, controlUrl: config.control.url })
  const program = programOf(2, next)
  const cuts = await guard.judge(before && programOf(1, before), program)
  return cuts.map((cut) => ({ code: cut.code, words: cutWords(program, cut).replace(/^.*? in force: /, '') }))
}
