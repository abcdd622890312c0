import type { Pdu } from 'smpp'
import type { SmsReceipt } from './sms-sender.ts'

/** `esm_class` bits 5–2 of a `deliver_sm` that is a delivery receipt. SMPP 3.4 §5.2.12 */
const TYPE_BITS = 0x3c
const RECEIPT = 0x04
/** `message_state`, SMPP 3.4 §5.2.28. Those left out are not final. */
const STATES = new Map([
  [2, 'DELIVRD'],
  [3, 'EXPIRED'],
  [4, 'DELETED'],
  [5, 'UNDELIV'],
  [7, 'UNKNOWN'],
  [8, 'REJECTD'],
])
const FINAL = new Set(STATES.values())

/** The receipt that a `deliver_sm` holds; `undefined` for a message of somebody, and for a state that is not the last. */
export function readReceipt(pdu: Pdu): SmsReceipt | undefined {
  if (((pdu.esm_class ?? 0) & TYPE_BITS) !== RECEIPT) return undefined
  const message = pdu.short_message?.message
  const text = typeof message === 'string' ? message : (message?.toString('latin1') ?? '')
  // The text is the convention of SMPP 3.4 appendix B; the optional parameters say the same and are surer.
  const messageId = pdu.receipted_message_id?.replaceAll('\0', '') ?? /\bid:([^ ]{1,64})/i.exec(text)?.[1]
  const state = STATES.get(pdu.message_state ?? -1) ?? /\bstat:([A-Z]{5,8})/i.exec(text)?.[1]?.toUpperCase()
  if (messageId === undefined || state === undefined || !FINAL.has(state)) return undefined
  return { messageId, isDelivered: state === 'DELIVRD', state }
}

/** How one message may be named: some centres answer in hexadecimal and write decimal in the receipt, or add zeros. */
export function receiptNames(messageId: string): readonly string[] {
  const names = new Set([messageId])
  const bare = messageId.toLowerCase().replace(/^0+(?=.)/, '')
  names.add(bare)
  if (/^[0-9]{1,20}$/.test(bare)) names.add(BigInt(bare).toString(16))
  if (/^[0-9a-f]{1,16}$/.test(bare)) names.add(BigInt(`0x${bare}`).toString(10))
  return [...names]
}
