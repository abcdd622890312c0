import type { Words } from '../imports/row-messages.ts'

/** Why a row of form 01/dk-ctn or 02/dk-ctn is refused or left as it is, beside the codes that any form has. */
export const USER_ROW_ERRORS = {
  PERSON_MISSING: 'The name of the person is missing or is none.',
  CITIZEN_ID_MISSING: 'The citizen ID is missing.',
  CITIZEN_ID_SHORT: 'The citizen ID has fewer than twelve digits: the spreadsheet took it for a number.',
  CITIZEN_ID_MALFORMED: 'The citizen ID is not twelve digits.',
  RIGHTS_MISSING: 'No right is named.',
  RIGHT_UNKNOWN: 'A right is not one that is known.',
  DAY_MALFORMED: 'A date cannot be read.',
  PERIOD_EMPTY: 'The period ends before it begins, or in the past.',
  ACCOUNT_MISSING: 'The account of the approver at the control API is missing or is none.',
  DUPLICATE_PERSON: 'The same person stands in the file twice.',
  PERSON_LISTED: 'The person is on the list already, with other rights or another period.',
  PERSON_NOT_LISTED: 'The person is not on the list of this facility.',
  PERSON_UNCHANGED: 'The list says the same already.',
  ROW_OTHER_PROVINCE: 'The row is of another province than the access token is for.',
  ROW_OTHER_FACILITY: 'The row is of another facility than the one that sends it.',
} as const
export type UserRowErrorCode = keyof typeof USER_ROW_ERRORS

/** The same, with what to do. Nothing of a person is quoted. */
export const USER_ROW_WORDS: Readonly<Record<UserRowErrorCode, Words>> = {
  PERSON_MISSING: { vi: 'thiếu họ tên, hoặc họ tên không hợp lệ (2–100 chữ cái).', en: 'enter the name, 2 to 100 letters.' },
  CITIZEN_ID_MISSING: { vi: 'thiếu số CCCD.', en: 'enter the citizen ID.' },
  CITIZEN_ID_SHORT: {
    vi: 'số CCCD thiếu số: bảng tính đã bỏ số 0 ở đầu. Hãy định dạng cột là Text và nhập lại đủ 12 chữ số.',
    en: 'the citizen ID lost its leading zero. Format the column as Text and enter all twelve digits.',
  },
  CITIZEN_ID_MALFORMED: { vi: 'số CCCD phải gồm đúng 12 chữ số.', en: 'the citizen ID must have exactly twelve digits.' },
  RIGHTS_MISSING: {
    vi: 'chưa chọn quyền nào. Hãy ghi ở cột Quyền hoặc đánh dấu x ở cột của quyền.',
    en: 'name at least one right in the column Quyền, or mark a right with x.',
  },
  RIGHT_UNKNOWN: {
    vi: 'có quyền không rõ. Các quyền: tra cứu thẻ, lịch sử KCB, hồ sơ chi tiết, gửi hồ sơ, danh mục.',
    en: 'a right is not known. Rights: tra cứu thẻ, lịch sử KCB, hồ sơ chi tiết, gửi hồ sơ, danh mục.',
  },
  DAY_MALFORMED: { vi: 'ngày không đọc được. Hãy ghi dạng 01/08/2024.', en: 'the date cannot be read. Write it as 01/08/2024.' },
  PERIOD_EMPTY: {
    vi: 'ngày kết thúc phải sau ngày bắt đầu và không ở quá khứ.',
    en: 'the period must end after it begins, and not in the past.',
  },
  ACCOUNT_MISSING: {
    vi: 'thiếu tài khoản của người phê duyệt trên hệ thống điều phối.',
    en: 'enter the person’s account at the control API.',
  },
  DUPLICATE_PERSON: {
    vi: 'người này đã có ở dòng khác của tệp. Hãy giữ một dòng.',
    en: 'another row of the file names the same person. Keep one.',
  },
  PERSON_LISTED: {
    vi: 'người này đã có trong danh sách với quyền hoặc thời hạn khác. Hãy chuyển sang mục Thay đổi.',
    en: 'the person is on the list with other rights or another period. Move the row to the section Thay đổi.',
  },
  PERSON_NOT_LISTED: {
    vi: 'người này không có trong danh sách của cơ sở. Hãy kiểm tra số CCCD và mã CSKCB.',
    en: 'the person is not on the list of this facility. Check the citizen ID and the facility code.',
  },
  ROW_OTHER_PROVINCE: {
    vi: 'thuộc tỉnh khác với tỉnh của mã truy cập. Hãy gửi dòng này cho tỉnh quản lý hoặc Trung tâm CNTT.',
    en: 'it is of another province than the access token is for. Give the row to that province, or to central IT.',
  },
  ROW_OTHER_FACILITY: {
    vi: 'mã CSKCB khác với mã của cơ sở đang gửi tệp. Hãy sửa mã, hoặc để trống cột này.',
    en: 'it is of another facility than the one that sends the file. Correct the code, or leave it empty.',
  },
  PERSON_UNCHANGED: { vi: 'danh sách đã đúng như vậy; không thay đổi gì.', en: 'the list says so already; nothing changes.' },
}
