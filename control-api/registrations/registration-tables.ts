import type { Block } from '../../rules/addresses/block.ts'
import type { RegistrationState } from './registration.ts'

/** A unit that registers addresses. Rows are made by its first registration. */
export interface FacilityRow {
  /** Five digits as a string. */
  code: string
  name: string
  province: string
  /** The instant whose code table `province` is meant by: seven codes changed their name on 2025-07-01. */
  province_at_ms: number
  daily_visits: number | null
}

/** One unit's claim to one block, from form 01 to its end. */
export interface RegistrationRow {
  id: number
  /** Grows by one with every change. */
  version: number
  facility: string
  facility_name: string
  province: string
  province_at_ms: number
  /** Canonical. */
  block: Block
  /** First and last address as `blockBounds` writes them: text whose order is the order of addresses. */
  first: string
  last: string
  /** Family and prefix length: `4/32`. */
  size: string
  carrier: string
  place: string
  note: string
  state: RegistrationState
  /** Why this unit may hold a block that another unit holds too; null for the ordinary case. */
  shared_reason: string | null
  effective_from_ms: number
  effective_until_ms: number | null
  import_id: string | null
  /** The import whose approval will revoke this one. */
  cancel_import_id: string | null
  registered_by: string
  registered_at_ms: number
  registered_dispatch: string
  endorsed_by: string | null
  endorsed_at_ms: number | null
  endorsed_dispatch: string | null
  approved_by: string | null
  approved_at_ms: number | null
  approved_dispatch: string | null
  /** Revoked, refused or withdrawn. */
  closed_by: string | null
  closed_at_ms: number | null
  closed_dispatch: string | null
  closed_reason: string | null
}

/** One step in a registration's life; only ever added. `audit_seq` names the audit entry that covers it. */
export interface RegistrationStepRow {
  registration_id: number
  version: number
  at_ms: number
  step: string
  state: RegistrationState
  person: string
  dispatch: string
  reason: string | null
  audit_seq: number
}

export interface RegistrationTables {
  facility: FacilityRow
  registration: RegistrationRow
  registration_step: RegistrationStepRow
}
