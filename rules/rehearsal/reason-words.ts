import type { GateReason } from '../gate/gate-reason.ts'

/** A reason of the gate as a facility reads it: what it is called, and what the facility must do, step by step. */
export interface ReasonWords {
  readonly vi: string
  readonly en: string
  readonly todoVi: string
  readonly todoEn: string
}

const PASSWORD_VI = 'đổi mật khẩu của tài khoản'

/** By reason. What the gate itself answers stands in `GATE_REASONS`. 1923/BHXH-CNTT, 1232/BHXH-CNTT */
export const REASON_WORDS: Readonly<Record<GateReason, ReasonWords>> = {
  ACCOUNT_SUSPENDED: {
    vi: 'Tài khoản bị tạm khóa tra cứu',
    en: 'Suspended account',
    todoVi: `Tìm xem ai và phần mềm nào dùng tài khoản, ${PASSWORD_VI}. Việc tạm khóa tự hết khi tài khoản hoạt động bình thường.`,
    todoEn:
      'Find out who and which software uses the account, and change its password. The suspension ends once the account is calm.',
  },
  FUNCTION_RETIRED: {
    vi: 'Dùng chức năng đã ngừng',
    en: 'Retired function',
    todoVi: 'Yêu cầu nhà cung cấp phần mềm thay chức năng cũ bằng KQNhanLichSuKCB2024.',
    todoEn: 'Have the vendor of your software replace the old function by KQNhanLichSuKCB2024.',
  },
  ACCOUNT_UNNAMED: {
    vi: 'Yêu cầu không nêu tài khoản',
    en: 'No account named',
    todoVi: 'Yêu cầu nhà cung cấp phần mềm gửi tài khoản trong tham số username hoặc mã truy cập (accessToken).',
    todoEn: 'Have the vendor send the account as the parameter username, or by its access token.',
  },
  SHARED_ACCOUNT: {
    vi: 'Dùng tài khoản chung của cơ sở',
    en: 'Shared account',
    todoVi:
      'Đăng ký tài khoản định danh cho từng người dùng theo mẫu 01/dk-ctn, gửi BHXH tỉnh phê duyệt, rồi thay tài khoản trong phần mềm.',
    todoEn:
      'Register a named account for each user with form 01/dk-ctn, have the province approve it, then change the account in your software.',
  },
  USER_UNKNOWN: {
    vi: 'Người dùng chưa được đăng ký hoặc phê duyệt',
    en: 'User not registered',
    todoVi: 'Đăng ký người dùng theo mẫu 01/dk-ctn và gửi BHXH tỉnh phê duyệt.',
    todoEn: 'Register the user with form 01/dk-ctn and have the province approve.',
  },
  USER_DISABLED: {
    vi: 'Người dùng đã bị ngừng quyền',
    en: 'User disabled',
    todoVi: 'Nếu người đó vẫn làm việc, xin mở lại quyền theo mẫu 01/dk-ctn.',
    todoEn: 'If the person still works with you, ask for them again with form 01/dk-ctn.',
  },
  RIGHT_MISSING: {
    vi: 'Người dùng thiếu quyền',
    en: 'Right missing',
    todoVi: 'Đăng ký bổ sung quyền cho người dùng theo mẫu 01/dk-ctn.',
    todoEn: 'Ask for the right with form 01/dk-ctn.',
  },
  ADDRESS_OF_OTHER: {
    vi: 'Gọi từ địa chỉ IP mà cơ sở chưa đăng ký',
    en: 'Address not registered',
    todoVi: `Nếu là đường truyền của cơ sở, đăng ký địa chỉ theo mẫu 01/dk-ip-ctn. Nếu không phải, ${PASSWORD_VI} và báo BHXH tỉnh.`,
    todoEn:
      'If the line is yours, register its address with form 01/dk-ip-ctn. If it is not, change the password of the account and tell the province.',
  },
  OTP_NEEDED: {
    vi: 'Xem lịch sử, hồ sơ khi chưa có mã OTP',
    en: 'OTP needed',
    todoVi: 'Cán bộ được phân quyền phải lấy và nhập mã OTP trước khi xem lịch sử hoặc hồ sơ khám chữa bệnh.',
    todoEn: 'An authorised officer must request and enter a code before looking at histories and records.',
  },
  OTP_LAPSED: {
    vi: 'Mã OTP hết hiệu lực',
    en: 'OTP lapsed',
    todoVi: 'Lấy và nhập mã OTP mới sau 30 phút không tra cứu.',
    todoEn: 'Request and enter a new code after 30 minutes without a look-up.',
  },
  OUT_OF_HOURS: {
    vi: 'Gọi ngoài giờ phục vụ',
    en: 'Out of hours',
    todoVi: 'Đặt lại lịch chạy của phần mềm vào giờ phục vụ.',
    todoEn: 'Move the runs of your software into the hours.',
  },
  ACCOUNT_THROTTLED: {
    vi: 'Tài khoản bị giảm tốc độ',
    en: 'Account slowed down',
    todoVi: 'Rà soát phần mềm dùng tài khoản: có gọi lặp hoặc tra cứu hàng loạt hay không.',
    todoEn: 'Check the software that uses the account: whether it repeats its calls or looks up in bulk.',
  },
  TOO_FAST: {
    vi: 'Gọi quá nhanh',
    en: 'Too fast',
    todoVi: 'Yêu cầu nhà cung cấp phần mềm giảm số lần gọi lặp và chờ theo Retry-After.',
    todoEn: 'Have the vendor avoid repeated calls and wait as Retry-After says.',
  },
}
