import { wordsOf } from '../addresses/block-bits.ts'
import { type BlockWords, wordsCover } from '../addresses/block-words.ts'
import { type Approval, meetInTime } from './approval.ts'

/** Two facilities and the addresses that both would hold. */
export interface Conflict {
  readonly candidate: Approval
  readonly held: Approval
  /** How the candidate's block lies to the held one: the same, around it, inside it. */
  readonly relation: 'same' | 'around' | 'inside'
  /** True where the candidate is an explicit shared exception; otherwise it must not be approved. */
  readonly isAllowed: boolean
}

/**
 * The approvals of other facilities that hold any address of the candidate's block at any instant of its period, both sides given. One after the other is
 * no conflict. Looks at each of `approvals`; a ledger has an index for many.
 */
export function findConflicts(candidate: Approval, approvals: Iterable<Approval>): Conflict[] {
  const words = wordsOf(candidate.block)
  const conflicts: Conflict[] = []
  for (const held of approvals) {
    const conflict = findConflict(candidate, words, held)
    if (conflict !== undefined) conflicts.push(conflict)
  }
  return conflicts
}

/** The conflict of two approvals, `undefined` where there is none. `words` are those of the candidate's block. */
export function findConflict(candidate: Approval, words: BlockWords, held: Approval): Conflict | undefined {
  if (held.id === candidate.id || held.owner.facility === candidate.owner.facility || !meetInTime(candidate, held))
    return undefined
  const isAllowed = candidate.sharedException === true
  if (held.block === candidate.block) return { candidate, held, relation: 'same', isAllowed }
  const heldWords = wordsOf(held.block)
  if (wordsCover(words, heldWords)) return { candidate, held, relation: 'around', isAllowed }
  return wordsCover(heldWords, words) ? { candidate, held, relation: 'inside', isAllowed } : undefined
}
