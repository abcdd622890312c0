/** Why a gateway did not take a message, or is not there. */
export const SMS_ERRORS = {
  CONNECT_FAILED: 'the gateway cannot be reached',
  BIND_REFUSED: 'the message centre refused the log-in; look at system id, password and the addresses it lets in',
  NOT_BOUND: 'there is no connection to the message centre at the moment',
  NO_ANSWER: 'the gateway did not answer in time; whether it took the message is not known',
  THROTTLED: 'the gateway takes no more for now',
  GATEWAY_FAILED: 'the gateway could not do it for now',
  MESSAGE_REFUSED: 'the gateway does not take this message, whenever it is sent',
  SECRET_MISSING: 'the file of the secret cannot be read or is empty',
  SECRET_EXPOSED: 'the file of the secret can be read by other accounts of this machine',
  SECRET_UNFIT: 'the secret of receipts is not 16 to 128 letters, digits, - or _, so it cannot stand in an address',
  TOO_LATE: 'the message was no longer valid when its turn came',
} as const

export type SmsErrorCode = keyof typeof SMS_ERRORS

/** A fault of a gateway. Callers branch on `code`, never on `message`, which holds no secret, phone number or text. */
export class SmsError extends Error {
  override readonly name = 'SmsError'
  readonly code: SmsErrorCode
  constructor(code: SmsErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
