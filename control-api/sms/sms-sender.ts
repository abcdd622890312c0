import type { SmsErrorCode } from './sms-errors.ts'

/** A message ready to be sent. */
export interface Sms {
  readonly id: string
  /** International form without plus sign: `84…`. */
  readonly phone: string
  readonly text: string
  /** It is worth nothing from here on: a sender never sends it later, and tells the gateway so where it can. */
  readonly notAfterMs: number
}

/** What a gateway said of a message. */
export type SmsOutcome =
  /** It is responsible from here on. `messageId` is what receipts name, `partIds` where the text went in several parts; `undefined` where it gives none. */
  | {
      readonly kind: 'accepted'
      readonly messageId: string | undefined
      readonly parts: number
      readonly partIds?: readonly (string | undefined)[]
    }
  /** Nothing for this long. */
  | { readonly kind: 'throttled'; readonly retryAfterMs: number }
  /** Perhaps later, perhaps by another gateway. */
  | { readonly kind: 'temporary'; readonly code: SmsErrorCode; readonly words: string }
  /** Never by this gateway. */
  | { readonly kind: 'permanent'; readonly code: SmsErrorCode; readonly words: string }

/** What became of a message that a gateway accepted. */
export interface SmsReceipt {
  /** What the gateway called it, or our id where it was told that. */
  readonly messageId: string
  readonly isDelivered: boolean
  /** The state in the gateway's words: `DELIVRD`, `EXPIRED`, `REJECTD`. */
  readonly state: string
}

export interface SmsSenderState {
  readonly isUp: boolean
  /** Since when it is so. */
  readonly sinceMs: number
  readonly fault: { readonly code: SmsErrorCode; readonly words: string } | undefined
}

/** A way to send SMS. It never throws for what a gateway does: that is an outcome. One contract suite runs on every adapter. */
export interface SmsSender extends AsyncDisposable {
  /** As status and metrics name it: `smpp`, `http`. */
  readonly name: string
  /** Hands over one message. Never after `notAfterMs`. */
  send(sms: Sms): Promise<SmsOutcome>
  state(): SmsSenderState
}

/** Where a sender tells receipts. */
export type TakeReceipt = (sender: string, receipt: SmsReceipt) => void
