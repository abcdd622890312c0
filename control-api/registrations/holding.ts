import type { Block } from '../../rules/addresses/block.ts'
import type { RegistrationState } from './registration.ts'

/** A registration that holds its block now: what another unit's claim is held against. */
export interface Holding {
  readonly id: number
  readonly facility: string
  readonly facilityName: string
  readonly province: string
  readonly block: Block
  readonly state: RegistrationState
  readonly sharedReason: string | null
  /** Number of the dispatch that brought it this far. */
  readonly dispatch: string
  /** An import that will revoke it when approved. */
  readonly cancelImportId: string | null
}
