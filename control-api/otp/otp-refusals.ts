import { ControlError } from '../http/control-error.ts'

/** Refusals of the desk of one-time codes, in words that an officer reads. */
export function badCode(): ControlError {
  return new ControlError('BAD_FIELDS', 'The BHXH number has ten digits.', {
    vi: 'Mã số BHXH có 10 chữ số.',
    errors: [{ path: '/body/bhxhCode', message: 'must be ten digits' }],
  })
}

export function wrong(attemptsLeft: number): ControlError {
  const [en, vi] =
    attemptsLeft > 0
      ? [`${attemptsLeft} ${attemptsLeft === 1 ? 'attempt is' : 'attempts are'} left.`, `Còn ${attemptsLeft} lần thử.`]
      : ['Ask for a new one.', 'Hãy lấy mã mới.']
  return new ControlError('OTP_WRONG', `The code is wrong. ${en}`, { vi: `Mã OTP không đúng. ${vi}`, facts: { attemptsLeft } })
}

export function over(): ControlError {
  return new ControlError('OTP_OVER', 'The code is used up or too old. Ask for a new one.', {
    vi: 'Mã OTP đã dùng hoặc đã hết hạn. Hãy lấy mã mới.',
  })
}

export function locked(scope: 'pair' | 'source' | 'officer', untilMs: number, nowMs: number): ControlError {
  const until = new Date(untilMs).toISOString()
  const [en, vi] =
    scope === 'officer'
      ? [
          'Too many wrong codes came for this number from elsewhere. Ask from your office, or call the province.',
          'Có quá nhiều mã sai cho mã số này từ nơi khác. Hãy lấy mã từ máy ở cơ quan, hoặc gọi BHXH tỉnh.',
        ]
      : [`Too many wrong codes from here.`, 'Nhập sai quá nhiều lần.']
  return new ControlError('OTP_LOCKED', `${en} It is locked until ${until}.`, {
    vi: `${vi} Tạm khóa trong ${Math.ceil((untilMs - nowMs) / 60_000)} phút nữa.`,
    facts: { scope, lockedUntil: until, retryAfterS: Math.ceil((untilMs - nowMs) / 1000) },
  })
}

export function tooSoon(why: string, untilMs: number, nowMs: number): ControlError {
  const retryAfterS = Math.ceil((untilMs - nowMs) / 1000)
  return new ControlError('OTP_TOO_SOON', `Wait ${retryAfterS} s before another code.`, {
    vi: `Hãy chờ ${retryAfterS > 120 ? `${Math.ceil(retryAfterS / 60)} phút` : `${retryAfterS} giây`} rồi lấy mã mới.`,
    facts: { limit: why, retryAfterS },
  })
}
