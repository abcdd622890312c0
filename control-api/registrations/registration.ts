import type { Actor, StoreTransaction } from '../store/store.ts'
import type { Claim } from './holding.ts'

/** Where a registration stands. The first three hold the block; the last three are ends. */
export const REGISTRATION_STATES = {
  registered: 'the facility has asked for the block (form 01/dk-ip-ctn)',
  endorsed: 'the province has checked it (form 02/th-ip-ctn)',
  approved: 'central IT has opened it, from its effective date on',
  revoked: 'it was open and is closed again',
  refused: 'province or central IT said no',
  withdrawn: 'the facility took it back before it was opened',
} as const
export type RegistrationState = keyof typeof REGISTRATION_STATES

/** States in which a registration holds its block, so that another unit's claim is a conflict. */
export const HOLDING_STATES = ['registered', 'endorsed', 'approved'] as const satisfies readonly RegistrationState[]

/** What may follow: the step, the states it starts from and the one it leads to. */
export const REGISTRATION_STEPS = {
  endorse: { from: ['registered'], to: 'endorsed' },
  approve: { from: ['endorsed'], to: 'approved' },
  revoke: { from: ['approved'], to: 'revoked' },
  refuse: { from: ['registered', 'endorsed'], to: 'refused' },
  withdraw: { from: ['registered', 'endorsed'], to: 'withdrawn' },
} as const satisfies Readonly<Record<string, { readonly from: readonly RegistrationState[]; readonly to: RegistrationState }>>
export type RegistrationStep = keyof typeof REGISTRATION_STEPS

/** What a unit asks for. `dispatch` is the form's or dispatch's number. Texts are kept as given and never interpreted. */
export interface RegistrationOrder extends Claim {
  readonly carrier: string
  readonly place: string
  readonly note: string
}

/** A change in the making: the transaction, who makes it and when. */
export interface Change extends StoreTransaction {
  readonly actor: Actor
  readonly atMs: number
}
