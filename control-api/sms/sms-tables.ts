/** A message in the queue. Phone and text are sealed; the text goes as soon as it is of no more use. */
export interface SmsMessageRow {
  id: string
  /** A code is sent before a notice, and is worth nothing after its validity. */
  kind: 'code' | 'notice'
  phone: string | null
  text: string | null
  state: 'queued' | 'sent' | 'delivered' | 'undelivered' | 'refused' | 'expired'
  queued_at_ms: number
  not_after_ms: number
  tries: number
  /** Code of the last fault. */
  fault: string | null
  sender: string | null
  message_id: string | null
  sent_at_ms: number | null
  ended_at_ms: number | null
}

/** A part of a message that was too long for one, as the gateway took it. */
export interface SmsPartRow {
  message: string
  /** From 1. */
  number: number
  sender: string
  /** What receipts name; empty where the gateway gave no name. */
  gateway_id: string
  is_delivered: number
}

export interface SmsTables {
  sms_message: SmsMessageRow
  sms_part: SmsPartRow
}
