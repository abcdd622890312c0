import type { Mode } from '../../rules/firewall/program.ts'
import type { Actor } from '../store/store.ts'

/** What the publisher is asked for. Absent members keep what the revision before said. */
export interface PublishOrder {
  readonly mode?: Mode
  /** ISO 8601 with offset; `null` takes a set date away. */
  readonly enforceFrom?: string | null
  readonly note?: string
  /** Publish a new number even if nothing differs from the revision before. */
  readonly force?: boolean
}

/** A published revision in figures. */
export interface Publication {
  readonly revision: number
  readonly entries: number
  readonly added: number
  readonly removed: number
  /** SHA-256 (hex) of the approved blocks after aggregation. */
  readonly digest: string
  /** False where nothing differed and the revision before stays. */
  readonly isNew: boolean
}

/** Makes revisions from the approvals in effect. One publication at a time; a failed one leaves the revision before whole. */
export interface Publisher {
  /** @throws ControlError SHRINK_NEEDS_SECOND_APPROVAL, REVISION_REFUSED, BUSY */
  publish(actor: Actor, order: PublishOrder): Promise<Publication>
  /** Newest published revision, 0 before the first. */
  readonly revision: number
}
