import type { SmsOutcome } from './sms-sender.ts'

/** `command_status` of SMPP 3.4 §5.1.3 that says: slower. */
const THROTTLED = new Map([
  [0x14, 'ESME_RMSGQFUL'],
  [0x58, 'ESME_RTHROTTLED'],
])
/** Those that will say the same of this message every time. */
const PERMANENT = new Map([
  [0x01, 'ESME_RINVMSGLEN'],
  [0x0b, 'ESME_RINVDSTADR'],
  [0x40, 'ESME_RINVDESTFLAG'],
  [0x43, 'ESME_RINVESMCLASS'],
  [0x50, 'ESME_RINVDSTTON'],
  [0x51, 'ESME_RINVDSTNPI'],
  [0x62, 'ESME_RINVEXPIRY'],
  [0x65, 'ESME_RX_P_APPN'],
  [0x66, 'ESME_RX_R_APPN'],
  [0x104, 'ESME_RINVDCS'],
])
const THROTTLE_MS = 1000

/** What the status of a `submit_sm_resp` means for the message. Whatever is not known may pass: it is tried again, or elsewhere. */
export function submitFault(status: number): SmsOutcome {
  const words = `submit_sm answered 0x${status.toString(16).padStart(8, '0')}`
  if (THROTTLED.has(status)) return { kind: 'throttled', retryAfterMs: THROTTLE_MS }
  const permanent = PERMANENT.get(status)
  if (permanent !== undefined) return { kind: 'permanent', code: 'MESSAGE_REFUSED', words: `${words} ${permanent}` }
  return { kind: 'temporary', code: 'GATEWAY_FAILED', words }
}
