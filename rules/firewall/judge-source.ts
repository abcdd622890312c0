import type { Block } from '../addresses/block.ts'
import { covers } from '../addresses/block-bits.ts'
import { hasAddress } from '../addresses/block-set-lookup.ts'
import type { FilterProgram } from './program.ts'

/** What a program makes of a source that knocks at a guarded port, in the order in which the kernel asks. */
export type SourceVerdict = 'management' | 'opened' | 'blocked' | 'approved' | 'stranger'

/** The verdict on `source`, a host, or a prefix of which every address must have it. */
export function judgeSource(program: FilterProgram, source: Block): SourceVerdict {
  if (hasAddress(program.management, source)) return 'management'
  if ((program.opened ?? []).some(({ block }) => covers(block, source))) return 'opened'
  if (program.blocked.some(({ block }) => covers(block, source))) return 'blocked'
  return hasAddress(program.approved, source) ? 'approved' : 'stranger'
}

/** Whether packets with that verdict pass: a stranger is only counted in `observe`. */
export function isPassing(program: Pick<FilterProgram, 'mode'>, verdict: SourceVerdict): boolean {
  return verdict === 'stranger' ? program.mode === 'observe' : verdict !== 'blocked'
}
