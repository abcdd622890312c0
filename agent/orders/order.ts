import { type Static, Type } from 'typebox'
import { Opening } from '../../rules/lockout/opening.ts'
import { MaskedAccount } from '../../rules/reports/masked-account.ts'
import type { OrderErrorCode } from './order-error.ts'

const closed = { additionalProperties: false } as const

/** `agent break-glass open`: lets a source in for a while. With `closedAt` it was taken back; the agent removes the file once nobody is let in by it. */
export const OpeningOrder = Type.Object(
  {
    kind: Type.Literal('opening'),
    ...Opening.properties,
    closedAt: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
  },
  closed,
)
export type OpeningOrder = Static<typeof OpeningOrder>

/** `agent release`: a revision that failed its health check may be tried again. */
export const ReleaseOrder = Type.Object(
  {
    kind: Type.Literal('release'),
    id: Opening.properties.id,
    revision: Type.Integer({ minimum: 1 }),
    at: Opening.properties.at,
    why: Opening.properties.why,
    by: Opening.properties.by,
  },
  closed,
)
export type ReleaseOrder = Static<typeof ReleaseOrder>

/** `agent unsuspend`: what `watch` has counted of an account acts no more. Lies among the orders of `watch`, not of the agent. */
export const AccountRelease = Type.Object(
  {
    kind: Type.Literal('account-release'),
    id: Opening.properties.id,
    account: MaskedAccount,
    at: Opening.properties.at,
    why: Opening.properties.why,
    by: Opening.properties.by,
  },
  closed,
)
export type AccountRelease = Static<typeof AccountRelease>

/** What a person at this host orders, as one small file each. */
export const Order = Type.Union([OpeningOrder, ReleaseOrder, AccountRelease])
export type Order = Static<typeof Order>

/** A file among the orders that is none, or that somebody else could have written. */
export interface OrderFault {
  readonly code: OrderErrorCode
  readonly message: string
}

/**
 * The way from a person at this host to the agent. Files and no socket: a local socket with a route that changes something is a hole that others have
 * fallen into (CVE-2025-67603), while who may write into a folder is the kernel's to say.
 */
export interface Orders {
  /** All orders there are, oldest first. Never throws. */
  read(): Promise<{ readonly orders: readonly Order[]; readonly faults: readonly OrderFault[] }>
  /** Takes an order away that was carried out; done when it is not there is done. */
  remove(id: string): Promise<void>
  /** Calls `onChange` when orders may have come or gone. A hint: whoever listens also looks from time to time. */
  watch(onChange: () => void): Disposable
}
