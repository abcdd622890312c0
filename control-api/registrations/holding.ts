import type { Block } from '../../rules/addresses/block.ts'
import type { Approval } from '../../rules/ledger/approval.ts'
import type { RegistrationState } from './registration.ts'

/** One unit's claim to a block for a time, asked for or granted. */
export interface Claim {
  readonly facility: string
  readonly facilityName: string
  readonly province: string
  readonly block: Block
  readonly effectiveFromMs: number
  readonly effectiveUntilMs: number | null
  /** Why two units may hold it; null where they may not. */
  readonly sharedReason: string | null
  /** Number of the dispatch that brought it this far. */
  readonly dispatch: string
}

/** A registration that holds its block now: what another unit's claim is held against. */
export interface Holding extends Claim {
  readonly id: number
  readonly state: RegistrationState
  /** An import that will revoke it when approved. */
  readonly cancelImportId: string | null
}

/** The claim in the words of the ledger. */
export function approvalOf(claim: Claim, id: string): Approval {
  const { block, facility, province, dispatch, effectiveFromMs } = claim
  return {
    id,
    block,
    owner: { facility, province, dispatch },
    effectiveFromMs,
    effectiveUntilMs: claim.effectiveUntilMs ?? undefined,
    sharedException: claim.sharedReason !== null,
  }
}
