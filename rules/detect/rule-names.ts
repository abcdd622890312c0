import type { Evidence } from './detector.ts'

/** The rules, in the order they are asked and shown, each with what it finds in a few words for a letter. */
export const RULES = {
  absolute: { vi: 'vượt mức tối đa tuyệt đối', en: 'over the absolute ceiling' },
  burst: { vi: 'tra cứu dồn dập bất thường', en: 'an unusual burst' },
  rate: { vi: 'nhiều hơn hẳn mức thường lệ của chính tài khoản', en: 'far more than usual for this account' },
  peers: { vi: 'nhiều hơn hẳn các cơ sở cùng quy mô', en: 'far more than facilities of its size' },
  persons: { vi: 'hầu như mỗi lượt tra cứu là một người khác', en: 'almost every look-up is of another person' },
  misses: { vi: 'nhiều lượt tra cứu không trúng người thật', en: 'many look-ups that hit nobody' },
  walk: { vi: 'tra cứu dò theo dải số liên tiếp', en: 'a walk over consecutive numbers' },
  address: { vi: 'dùng từ địa chỉ không phải của cơ sở', en: 'used from addresses that are not the facility’s' },
  sources: { vi: 'dùng từ quá nhiều địa chỉ', en: 'used from too many addresses' },
  retired: { vi: 'dùng chức năng đã ngừng', en: 'use of retired functions' },
  shared: { vi: 'tài khoản dùng chung sau ngày phải chấm dứt', en: 'a shared account after its last day' },
  otp: { vi: 'xem lịch sử khám chữa bệnh không có OTP', en: 'treatment history without an OTP' },
  step: {
    vi: 'nhiều tài khoản hoạt động như do một người điều khiển',
    en: 'several accounts in step, as if one hand drove them',
  },
} as const satisfies Readonly<Record<string, Evidence>>

export type RuleName = keyof typeof RULES

export const RULE_NAMES = Object.keys(RULES) as readonly RuleName[]
