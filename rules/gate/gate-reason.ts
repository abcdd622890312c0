import type { GateRule } from './gate-rule.ts'

/** Why the gate refuses, and what it tells. */
export interface GateReasonText {
  readonly rule: GateRule
  /** HTTP status. */
  readonly status: 401 | 403 | 429
  /** `maKetQua` of the answer in the portal's own form; none of the codes that the portal uses for cards. */
  readonly maKetQua: string
  /** What happened and what the facility must do; the contact of the policy follows. */
  readonly vi: string
  readonly en: string
}

/** Every reason for which the gate refuses. Codes are stable: clients and scripts depend on them. */
export const GATE_REASONS = {
  ACCOUNT_SUSPENDED: {
    rule: 'suspended',
    status: 403,
    maKetQua: '403',
    vi: 'Tài khoản đang bị tạm khóa tra cứu vì có dấu hiệu khai thác dữ liệu hàng loạt. Đề nghị đơn vị rà soát người và phần mềm sử dụng tài khoản, đổi mật khẩu.',
    en: 'The account is suspended from look-ups: it seems to collect data in bulk. Check who and which software uses it, and change its password.',
  },
  FUNCTION_RETIRED: {
    rule: 'retired',
    status: 403,
    maKetQua: '403',
    vi: 'Chức năng này đã ngừng cung cấp (1923/BHXH-CNTT). Đề nghị đơn vị cập nhật phần mềm để dùng KQNhanLichSuKCB2024.',
    en: 'This function was stopped (1923/BHXH-CNTT). Have your software updated to KQNhanLichSuKCB2024.',
  },
  ACCOUNT_UNNAMED: {
    rule: 'unnamed',
    status: 401,
    maKetQua: '401',
    vi: 'Yêu cầu không cho biết tài khoản sử dụng. Đề nghị phần mềm gửi tài khoản trong tham số username hoặc mã truy cập (accessToken).',
    en: 'The request names no account. Have the software send it as the parameter username, or by its access token.',
  },
  SHARED_ACCOUNT: {
    rule: 'shared',
    status: 403,
    maKetQua: '403',
    vi: 'Tài khoản dùng chung của cơ sở đã ngừng sử dụng; mỗi người phải dùng tài khoản định danh (1923/BHXH-CNTT). Đề nghị đơn vị đăng ký người dùng theo mẫu 01/dk-ctn.',
    en: 'Accounts shared by a facility have ceased; everybody needs a named account (1923/BHXH-CNTT). Register your users with form 01/dk-ctn.',
  },
  USER_UNKNOWN: {
    rule: 'user',
    status: 403,
    maKetQua: '403',
    vi: 'Người dùng chưa được đăng ký hoặc chưa được BHXH tỉnh phê duyệt (1923/BHXH-CNTT). Đề nghị đơn vị đăng ký theo mẫu 01/dk-ctn.',
    en: 'The user is not registered, or the province has not approved them (1923/BHXH-CNTT). Register with form 01/dk-ctn.',
  },
  USER_DISABLED: {
    rule: 'user',
    status: 403,
    maKetQua: '403',
    vi: 'Người dùng đã bị ngừng quyền, do đơn vị đề nghị hoặc do lâu ngày không sử dụng. Đề nghị đơn vị xin mở lại theo mẫu 01/dk-ctn.',
    en: 'The user was disabled, at the facility’s word or after long disuse. Ask for them again with form 01/dk-ctn.',
  },
  RIGHT_MISSING: {
    rule: 'user',
    status: 403,
    maKetQua: '403',
    vi: 'Người dùng chưa được cấp quyền dùng chức năng này. Đề nghị đơn vị đăng ký bổ sung quyền theo mẫu 01/dk-ctn.',
    en: 'The user has no right to this function. Ask for the right with form 01/dk-ctn.',
  },
  ADDRESS_OF_OTHER: {
    rule: 'address',
    status: 403,
    maKetQua: '403',
    vi: 'Tài khoản được dùng từ địa chỉ IP mà cơ sở không đăng ký. Đề nghị đơn vị dùng đường truyền đã đăng ký, hoặc đăng ký địa chỉ này theo mẫu 01/dk-ip-ctn.',
    en: 'The account is used from an address that its facility has not registered. Use a registered line, or register this one with form 01/dk-ip-ctn.',
  },
  OTP_NEEDED: {
    rule: 'otp',
    status: 403,
    maKetQua: '403',
    vi: 'Xem lịch sử hoặc hồ sơ khám chữa bệnh cần mã OTP (1232/BHXH-CNTT). Đề nghị cán bộ được phân quyền lấy và nhập mã OTP trước khi tra cứu.',
    en: 'Treatment histories and records need an OTP (1232/BHXH-CNTT). Have an authorised officer request and enter one first.',
  },
  OTP_LAPSED: {
    rule: 'otp',
    status: 403,
    maKetQua: '403',
    vi: 'Mã OTP đã hết hiệu lực do quá lâu không tra cứu hoặc hết phiên (1232/BHXH-CNTT). Đề nghị lấy và nhập mã OTP mới.',
    en: 'The OTP has lapsed: no look-up for too long, or its session ended (1232/BHXH-CNTT). Request and enter a new one.',
  },
  OUT_OF_HOURS: {
    rule: 'hours',
    status: 403,
    maKetQua: '403',
    vi: 'Chức năng này không phục vụ vào giờ hiện tại. Đề nghị thực hiện lại trong giờ phục vụ.',
    en: 'This function is closed at this hour. Try again within its hours.',
  },
  ACCOUNT_THROTTLED: {
    rule: 'throttled',
    status: 429,
    maKetQua: '429',
    vi: 'Tài khoản đang bị giảm tốc độ tra cứu vì có dấu hiệu bất thường. Đề nghị thử lại sau ít phút và rà soát phần mềm sử dụng tài khoản.',
    en: 'The account is slowed down: its use looks unusual. Try again in a moment, and check which software uses it.',
  },
  TOO_FAST: {
    rule: 'rate',
    status: 429,
    maKetQua: '429',
    vi: 'Tài khoản gọi chức năng này quá nhanh. Đề nghị thử lại sau ít giây và kiểm tra phần mềm có gọi lặp hay không.',
    en: 'The account calls this function too fast. Try again in a few seconds, and check whether your software repeats its calls.',
  },
} as const satisfies Readonly<Record<string, GateReasonText>>
export type GateReason = keyof typeof GATE_REASONS

export const GATE_REASON_CODES = Object.keys(GATE_REASONS) as readonly GateReason[]
