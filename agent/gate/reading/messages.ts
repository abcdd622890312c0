import type { GateKeys } from '../../../rules/gate/gate-keys.ts'
import type { PolicyDocument } from '../../../rules/gate/policy-document.ts'
import type { GateExemption } from '../../../rules/gate/policy-options.ts'
import type { Grant } from '../../../rules/grants/grant-life.ts'
import type { EDGE_GATE_ERRORS } from '../edge-gate-error.ts'
import type { PackedPlaces } from '../facility-places.ts'
import type { TokenStanding, Versions } from '../handed-over.ts'

/** What the thread is given at its start. */
export interface ReaderData {
  readonly folder: string
  readonly versions: Versions
}

/** What the thread hears: look, or go on with what it has to say. */
export type ReaderOrder = 'look' | 'next'

/** A piece of a list of changes. */
interface ChangesPiece<E> {
  readonly isWhole: boolean
  readonly isFirst: boolean
  readonly isLast: boolean
  readonly set: readonly E[]
  readonly gone: readonly string[]
  readonly publishedAt: string
}

/** What the thread says, one for each order: after each it waits, so that whoever hears it does little at a time. */
export type ReaderMessage =
  /** Without its exemptions, which follow. */
  | { readonly kind: 'policy'; readonly document: PolicyDocument }
  | { readonly kind: 'exemptions'; readonly exemptions: readonly GateExemption[]; readonly isLast: boolean }
  | { readonly kind: 'users'; readonly bytes: Uint8Array }
  | ({ readonly kind: 'grants' } & ChangesPiece<Grant>)
  | ({ readonly kind: 'verdicts' } & ChangesPiece<TokenStanding>)
  | { readonly kind: 'facilities'; readonly places: PackedPlaces }
  | { readonly kind: 'keys'; readonly keys: GateKeys }
  | {
      readonly kind: 'fault'
      readonly file: string
      readonly fault: { readonly code: keyof typeof EDGE_GATE_ERRORS; readonly message: string } | undefined
    }
  | { readonly kind: 'looked'; readonly versions: Versions }
