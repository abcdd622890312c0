/** What can be wrong with an order of a person at this host. None of it stops the agent. */
export const ORDER_ERRORS = {
  ORDER_UNSAFE:
    'a file among the orders is a link, too large, or could have been written by somebody else than root or the agent',
  ORDER_BROKEN: 'a file among the orders holds no order',
  ORDERS_UNREADABLE: 'the folder of orders cannot be read, or others may write into it',
  ORDER_UNWRITABLE: 'the order could not be written: run the command as root or as the user of the agent',
  ORDER_UNKNOWN: 'no order with this id is there',
} as const

export type OrderErrorCode = keyof typeof ORDER_ERRORS

/** An order that was not given. Callers branch on `code`. */
export class OrderError extends Error {
  override readonly name = 'OrderError'
  readonly code: OrderErrorCode
  constructor(code: OrderErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
