import { ADDRESS_ERRORS, type AddressErrorCode } from '../../rules/addresses/address-error.ts'
import type { RowErrorCode } from './row-errors.ts'

/** The same words in both languages. Values from the file are quoted and cut. */
export interface Words {
  readonly vi: string
  readonly en: string
}

/** What a message may name. */
export interface MessageData {
  readonly value: string
  /** Another row of the file. */
  readonly otherRow?: number
  /** Who holds it, as `01234 (14.160.12.34, approved)`. */
  readonly holders?: string
}

/** What is wrong with a row and what to do about it. */
export function rowMessage(code: RowErrorCode | AddressErrorCode, data: MessageData): Words {
  return code in ROW_MESSAGES ? ROW_MESSAGES[code as RowErrorCode](data) : addressMessage(code as AddressErrorCode, data)
}

const ROW_MESSAGES: Readonly<Record<RowErrorCode, (data: MessageData) => Words>> = {
  FORMULA: () => ({
    vi: 'ô chứa công thức. Hãy sao chép rồi dán giá trị (Paste Special – Values).',
    en: 'the cell holds a formula. Copy it and paste its value (Paste Special, Values).',
  }),
  CELL_ERROR: ({ value }) => ({
    vi: `ô báo lỗi ${value}. Hãy nhập giá trị đúng.`,
    en: `the cell shows the error ${value}. Enter the right value.`,
  }),
  MERGED_CELLS: () => ({
    vi: 'ô bị gộp với ô khác. Hãy bỏ gộp và điền đủ từng dòng.',
    en: 'the cell is merged with others. Unmerge it and fill in every row.',
  }),
  SECTION_MISSING: ({ value }) => ({
    vi: `không rõ dòng này thêm mới hay hủy (${value}). Hãy đặt dưới mục "Thêm mới" hoặc "Hủy", hoặc ghi ở cột Loại.`,
    en: `nothing says whether the row adds or cancels (${value}). Put it below "Thêm mới" or "Hủy", or say so in the column Loại.`,
  }),
  FACILITY_MISSING: () => ({
    vi: 'thiếu mã CSKCB. Hãy điền mã gồm 5 chữ số.',
    en: 'the facility code is missing. Enter its five digits.',
  }),
  LEADING_ZERO_LOST: ({ value }) => ({
    vi: `mã CSKCB ${value} không đủ 5 chữ số; bảng tính đã bỏ số 0 ở đầu. Hãy định dạng cột là Text và nhập lại đủ 5 chữ số.`,
    en: `the facility code ${value} has fewer than five digits: the spreadsheet dropped its leading zeros. Format the column as Text and enter all five digits.`,
  }),
  FACILITY_MALFORMED: ({ value }) => ({
    vi: `mã CSKCB ${value} không hợp lệ. Mã gồm đúng 5 chữ số (0–9, không dùng chữ số toàn hình).`,
    en: `the facility code ${value} is not five digits. Enter five plain digits (not full-width ones).`,
  }),
  NAME_MISSING: () => ({ vi: 'thiếu tên CSKCB.', en: 'the name of the facility is missing. Enter it.' }),
  TEXT_TOO_LONG: ({ value }) => ({
    vi: `nội dung quá dài: ${value}. Hãy rút gọn.`,
    en: `the text is too long: ${value}. Shorten it.`,
  }),
  CONTROL_TEXT: ({ value }) => ({
    vi: `nội dung chứa ký tự điều khiển: ${value}. Hãy nhập lại trên một dòng.`,
    en: `the text holds control characters or line breaks: ${value}. Enter it again on one line.`,
  }),
  PROVINCE_MISSING: () => ({
    vi: 'thiếu mã tỉnh quản lý. Hãy điền cột Mã tỉnh hoặc chọn tỉnh khi nhập tệp.',
    en: 'the managing province is missing. Fill in the column Mã tỉnh, or name the province of the import.',
  }),
  PROVINCE_DIFFERS: ({ value }) => ({
    vi: `mã tỉnh ${value} khác với tỉnh của lần nhập này. Hãy sửa hoặc nhập riêng từng tỉnh.`,
    en: `province ${value} is not the province of this import. Correct it, or import each province on its own.`,
  }),
  ROW_PROVINCE_UNKNOWN: ({ value }) => ({
    vi: `không có tỉnh nào mang mã ${value} vào ngày hôm nay. Hãy dùng mã tỉnh hiện hành.`,
    en: `no province has the code ${value} today. Use the code in force.`,
  }),
  DISPATCH_MALFORMED: ({ value }) => ({
    vi: `số công văn ${value} không hợp lệ. Hãy ghi dạng 1923/BHXH-CNTT.`,
    en: `the dispatch number ${value} is not printable text with single spaces. Write it as 1923/BHXH-CNTT.`,
  }),
  BLOCK_MISSING: () => ({ vi: 'thiếu địa chỉ IP.', en: 'the address is missing. Enter one address.' }),
  BLOCK_NUMERIC: ({ value }) => ({
    vi: `bảng tính coi địa chỉ ${value} là số và có thể đã làm sai lệch. Hãy định dạng cột là Text và nhập lại.`,
    en: `the spreadsheet took the address ${value} for a number and may have changed it. Format the column as Text and enter it again.`,
  }),
  DUPLICATE_ROW: ({ value, otherRow }) => ({
    vi: `${value} của đơn vị này đã có ở dòng ${otherRow}. Hãy xóa một dòng.`,
    en: `row ${otherRow} has ${value} for this unit already. Remove one of the two.`,
  }),
  CONTRADICTION: ({ value, otherRow }) => ({
    vi: `${value} của đơn vị này vừa thêm mới vừa hủy (dòng ${otherRow}). Hãy giữ một yêu cầu.`,
    en: `${value} is both added and cancelled for this unit (row ${otherRow}). Keep one of the two.`,
  }),
  CONFLICT_IN_FILE: ({ value, otherRow }) => ({
    vi: `${value} trùng với địa chỉ của đơn vị khác ở dòng ${otherRow}. Hãy kiểm tra lại hai đơn vị; nếu dùng chung, ghi rõ ở cột Lý do dùng chung.`,
    en: `${value} overlaps what another unit claims in row ${otherRow}. Ask both units; if they do share it, say why in the column Lý do dùng chung.`,
  }),
  CONFLICT: ({ value, holders }) => ({
    vi: `${value} đang thuộc đơn vị khác: ${holders}. Hãy hủy đăng ký cũ trước; nếu dùng chung, ghi rõ ở cột Lý do dùng chung.`,
    en: `${value} is held by another unit: ${holders}. Have it cancelled first; if they do share it, say why in the column Lý do dùng chung.`,
  }),
  NOT_HELD: ({ value, holders }) => ({
    vi: `không thể hủy ${value}: đơn vị này không đăng ký địa chỉ đó${holders === undefined ? '' : `; đang có ${holders}`}. Hãy kiểm tra lại địa chỉ.`,
    en: `${value} cannot be cancelled: the unit does not hold it${holders === undefined ? '' : `; there is ${holders}`}. Check the address.`,
  }),
  HELD_BY_OTHER_UNIT: ({ value, holders }) => ({
    vi: `không thể hủy ${value}: địa chỉ này thuộc đơn vị khác: ${holders}. Hãy kiểm tra lại mã CSKCB.`,
    en: `${value} cannot be cancelled: another unit holds it: ${holders}. Check the facility code.`,
  }),
  UNCHANGED: ({ value, holders }) => ({
    vi: `đơn vị đã đăng ký ${value} (${holders}); không thay đổi gì.`,
    en: `the unit holds ${value} already (${holders}); nothing changes.`,
  }),
  CANCEL_PENDING: ({ value }) => ({
    vi: `yêu cầu hủy ${value} đã có và đang chờ phê duyệt; không thay đổi gì.`,
    en: `the cancel of ${value} waits for approval already; nothing changes.`,
  }),
}

function addressMessage(code: AddressErrorCode, { value }: MessageData): Words {
  const meaning = ADDRESS_ERRORS[code]
  if (meaning.startsWith('Special purpose')) {
    return {
      vi: `${value} là địa chỉ dùng cho mục đích riêng, không dùng được trên Internet (${code}). Hãy ghi địa chỉ IP tĩnh công cộng do nhà mạng cấp.`,
      en: `${value} cannot be registered. ${meaning} Give the static public address from the carrier.`,
    }
  }
  return {
    vi: `${value} không phải là một địa chỉ IP hợp lệ: ${ADDRESS_WORDS_VI[code] ?? 'hãy ghi đúng một địa chỉ, ví dụ 14.160.12.34'} (${code}).`,
    en: `${value} cannot be taken. ${meaning} Give exactly one address, such as 14.160.12.34.`,
  }
}

const ADDRESS_WORDS_VI: Readonly<Partial<Record<AddressErrorCode, string>>> = {
  NOT_ASCII: 'có ký tự toàn hình hoặc ký tự lạ, hãy gõ lại bằng chữ số thường',
  LIST: 'mỗi dòng chỉ ghi một địa chỉ, hãy tách thành nhiều dòng',
  WHITESPACE: 'mỗi dòng chỉ ghi một địa chỉ và không có dấu cách, hãy tách hoặc gõ lại',
  RANGE: 'không ghi khoảng địa chỉ, hãy ghi từng địa chỉ hoặc một dải dạng 14.160.12.32/29',
  PORT: 'không ghi cổng kèm theo',
  BRACKETS: 'không ghi dấu ngoặc',
  HOST_NAME: 'phải là địa chỉ IP, không phải tên miền hay chữ',
  LEADING_ZERO: 'không ghi số 0 thừa ở đầu',
  OCTET_COUNT: 'địa chỉ IPv4 gồm đúng bốn số',
  OCTET_OUT_OF_RANGE: 'mỗi số của địa chỉ IPv4 từ 0 đến 255',
  EMPTY_OCTET: 'thừa hoặc thiếu dấu chấm',
  BARE_INTEGER: 'thiếu dấu chấm giữa các số',
  WILDCARD: 'không dùng dấu *',
  HOST_BITS: 'dải địa chỉ không bắt đầu đúng chỗ, hãy ghi địa chỉ mạng của dải',
  TOO_WIDE: 'dải địa chỉ quá rộng, hãy ghi đúng các địa chỉ đang dùng',
  WHOLE_INTERNET: 'không thể đăng ký toàn bộ Internet',
  LENGTH_NETMASK: 'hãy ghi độ dài tiền tố (ví dụ /29) thay cho mặt nạ mạng',
}
