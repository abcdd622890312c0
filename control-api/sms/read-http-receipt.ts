import { timingSafeEqual } from 'node:crypto'
import type { SmsReceipt } from './sms-sender.ts'

export interface HttpReceiptOptions {
  readonly receiptId: string
  readonly receiptState: string
  readonly receiptDelivered: string
  readonly receiptFailed: string
}

const MAX_NAME = 64

/**
 * The receipt in what a gateway sent: fields of the query, of a form or of JSON. `undefined` where no message is named; `pending` for a state that is not the last.
 */
export function readHttpReceipt(given: unknown, options: HttpReceiptOptions): SmsReceipt | 'pending' | undefined {
  const messageId = textAt(given, options.receiptId)
  const state = textAt(given, options.receiptState)
  if (messageId === undefined || messageId.length > MAX_NAME || state === undefined) return undefined
  const isDelivered = new RegExp(options.receiptDelivered).test(state)
  if (!isDelivered && !new RegExp(options.receiptFailed).test(state)) return 'pending'
  // What stands there is a stranger's: only what a state looks like is kept of it, and no long number.
  return { messageId, isDelivered, state: state.replaceAll(/[^A-Za-z0-9_ -]|[0-9]{6,}/g, '').slice(0, 20) }
}

/** Whether a secret is the one that receipts come with; takes the same time for any. */
export function isReceiptSecret(given: string, secret: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(secret)]
  return one.length === other.length && timingSafeEqual(one, other)
}

/** The text at a path as `results.0.id`. */
function textAt(given: unknown, path: string): string | undefined {
  let found = given
  for (const name of path.split('.')) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return undefined
    found = (found as Readonly<Record<string, unknown>>)[name]
  }
  return typeof found === 'string' || typeof found === 'number' ? String(found) : undefined
}
