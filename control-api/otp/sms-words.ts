/** Texts of messages. A code fits in one message with accents (70 characters); notices name nobody and hold no link. */

/** 1232/BHXH-CNTT: the code that the officer types in. */
export function codeText(code: string, minutes: number): string {
  return `Mã OTP tra cứu lịch sử KCB: ${code} (${minutes} phút). Không đưa mã cho ai.`
}

/** 1232/BHXH-CNTT: the officer is told when the right is granted. */
export const GRANTED_TEXT =
  'Anh/chị được cấp quyền tra cứu lịch sử KCB trên Cổng giám định BHYT. Nếu không đúng, hãy báo ngay BHXH tỉnh.'

/** Somebody tries codes for this officer's number. */
export const ATTACK_TEXT =
  'Có người đang thử mã OTP tra cứu lịch sử KCB với mã số BHXH của anh/chị. Không đưa mã cho ai. Nếu không phải anh/chị, hãy báo BHXH tỉnh.'

export const TAKEN_TEXT =
  'Quyền tra cứu lịch sử KCB của anh/chị trên Cổng giám định BHYT đã bị thu hồi. Có thắc mắc, hãy liên hệ BHXH tỉnh.'
