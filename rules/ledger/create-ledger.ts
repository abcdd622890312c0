import type { Block } from '../addresses/block.ts'
import { covers, wordsOf } from '../addresses/block-bits.ts'
import type { AllowEntry } from '../revisions/allow-document.ts'
import { isDispatch, isFacility, isProvince, ownerText } from '../revisions/owner-text.ts'
import { allowListAt } from './allow-list-at.ts'
import { type Approval, isEffective } from './approval.ts'
import { type Conflict, findConflict } from './find-conflicts.ts'
import { LedgerError } from './ledger-error.ts'
import { createOverlapIndex } from './overlap-index.ts'

/** All approvals, past and to come, in memory, indexed by what overlaps. Holds no clock: every question names its instant. */
export interface Ledger {
  readonly size: number
  find(id: string): Approval | undefined
  /** Takes an approval. @throws LedgerError APPROVAL_TWICE, APPROVAL_PERIOD, APPROVAL_OWNER, BLOCK_HELD */
  approve(approval: Approval): void
  /** Ends an approval at `atMs`; one that had not begun never will. Gives it as it is now. @throws LedgerError APPROVAL_UNKNOWN, APPROVAL_ENDED, APPROVAL_PERIOD */
  revoke(id: string, atMs: number): Approval
  /** The approvals of other facilities that hold a part of the candidate's block during its period. */
  conflictsWith(candidate: Approval): Conflict[]
  /** The approvals that open all of `block` at `atMs`, the widest block first. */
  holdersAt(block: Block, atMs: number): Approval[]
  allowListAt(atMs: number): AllowEntry[]
}

/** A ledger that holds `approvals`, which are believed to have been approved one by one. @throws LedgerError APPROVAL_TWICE, APPROVAL_PERIOD, APPROVAL_OWNER */
export function createLedger(approvals: Iterable<Approval> = []): Ledger {
  const byId = new Map<string, Approval>()
  const byBlock = new Map<Block, Set<string>>()
  for (const approval of approvals) insert(approval)
  const index = createOverlapIndex(byBlock.keys())

  function insert(approval: Approval): void {
    checkShape(approval)
    if (byId.has(approval.id))
      throw new LedgerError('APPROVAL_TWICE', `Cannot approve ${JSON.stringify(approval.id)}: the ledger has that id already`)
    byId.set(approval.id, approval)
    const ids = byBlock.get(approval.block)
    if (ids === undefined) byBlock.set(approval.block, new Set([approval.id]))
    else ids.add(approval.id)
  }
  function* approvalsOf(block: Block): Generator<Approval> {
    for (const id of byBlock.get(block) ?? []) {
      const approval = byId.get(id)
      if (approval !== undefined) yield approval
    }
  }
  function conflictsWith(candidate: Approval): Conflict[] {
    const words = wordsOf(candidate.block)
    return index
      .overlapping(candidate.block)
      .flatMap((block) => [...approvalsOf(block)].map((held) => findConflict(candidate, words, held)))
      .filter((conflict) => conflict !== undefined)
  }
  return {
    get size() {
      return byId.size
    },
    find: (id) => byId.get(id),
    approve(approval) {
      checkShape(approval)
      const conflict = conflictsWith(approval).find(({ isAllowed }) => !isAllowed)
      if (conflict !== undefined)
        throw new LedgerError(
          'BLOCK_HELD',
          `Cannot approve ${approval.block} for ${approval.owner.facility}: ${conflict.held.owner.facility} holds ${conflict.held.block} by ${conflict.held.owner.dispatch}`,
        )
      insert(approval)
      index.add(approval.block)
    },
    revoke(id, atMs) {
      const approval = byId.get(id)
      if (approval === undefined)
        throw new LedgerError('APPROVAL_UNKNOWN', `Cannot revoke ${JSON.stringify(id)}: no approval has that id`)
      const effectiveUntilMs = Math.max(atMs, approval.effectiveFromMs)
      if (effectiveUntilMs > (approval.effectiveUntilMs ?? Number.POSITIVE_INFINITY))
        throw new LedgerError(
          'APPROVAL_ENDED',
          `Cannot revoke ${JSON.stringify(id)} at ${atMs}: it ends at ${approval.effectiveUntilMs} already`,
        )
      const revoked = { ...approval, effectiveUntilMs }
      checkShape(revoked)
      byId.set(id, revoked)
      return revoked
    },
    conflictsWith,
    holdersAt: (block, atMs) =>
      index
        .overlapping(block)
        .filter((held) => covers(held, block))
        .flatMap((held) => [...approvalsOf(held)].filter((approval) => isEffective(approval, atMs))),
    allowListAt: (atMs) => allowListAt(byId.values(), atMs),
  }
}

function checkShape({ id, owner, effectiveFromMs, effectiveUntilMs }: Approval): void {
  const isPeriod =
    Number.isSafeInteger(effectiveFromMs) &&
    (effectiveUntilMs === undefined || (Number.isSafeInteger(effectiveUntilMs) && effectiveUntilMs >= effectiveFromMs))
  if (!isPeriod)
    throw new LedgerError(
      'APPROVAL_PERIOD',
      `Cannot take the approval ${JSON.stringify(id)}: ${effectiveFromMs} to ${effectiveUntilMs} is no period`,
    )
  if (!isFacility(owner.facility) || !isProvince(owner.province) || !isDispatch(owner.dispatch))
    throw new LedgerError(
      'APPROVAL_OWNER',
      `Cannot take the approval ${JSON.stringify(id)}: ${JSON.stringify(ownerText(owner))} is no owner`,
    )
}
