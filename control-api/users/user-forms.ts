import { type ColumnMapping, DEFAULT_COLUMN_MAPPING, type MappingChanges, mergeMapping } from '../imports/column-mapping.ts'
import type { Form, Section } from '../imports/form.ts'

/** A facility registers its users and their rights. 1923/BHXH-CNTT §1b */
export const USER_FORM = '01/dk-ctn'
/** A province registers those who approve them. 1923/BHXH-CNTT §1b */
export const APPROVER_FORM = '02/dk-ctn'

/** What a column of either form means to us, and how messages call it. */
export const USER_FIELDS = {
  ordinal: 'STT',
  name: 'Họ và tên',
  citizenId: 'Số CCCD',
  facility: 'Mã CSKCB',
  province: 'Mã tỉnh',
  rights: 'Quyền',
  lookup: 'Tra cứu thẻ',
  history: 'Lịch sử KCB',
  record: 'Hồ sơ chi tiết',
  submit: 'Gửi hồ sơ',
  catalogue: 'Danh mục',
  account: 'Tài khoản',
  from: 'Từ ngày',
  until: 'Đến ngày',
  section: 'Loại',
} as const
export type UserField = keyof typeof USER_FIELDS

/** Columns of the rights, where a form has one for each, to be marked. */
export const RIGHT_FIELDS = ['lookup', 'history', 'record', 'submit', 'catalogue'] as const satisfies readonly UserField[]

const shape = {
  titles: USER_FIELDS,
  figures: 'citizenId',
  ordinal: 'ordinal',
  name: 'name',
  section: 'section',
} as const satisfies Partial<Form<UserField>>

export const FORMS: Readonly<Record<typeof USER_FORM | typeof APPROVER_FORM, Form<UserField>>> = {
  [USER_FORM]: { ...shape, number: USER_FORM, required: ['name', 'citizenId'], keys: ['citizenId', 'facility'] },
  [APPROVER_FORM]: {
    ...shape,
    number: APPROVER_FORM,
    required: ['name', 'citizenId', 'account'],
    keys: ['citizenId', 'account'],
  },
}

const SECTIONS: Readonly<Record<Section, readonly string[]>> = {
  add: ['Thêm mới', 'Thêm', 'Bổ sung', 'Đăng ký mới', 'Add'],
  change: ['Thay đổi', 'Sửa', 'Điều chỉnh', 'Cập nhật', 'Mở lại', 'Change'],
  disable: ['Khóa', 'Tạm khóa', 'Tạm ngừng', 'Disable'],
  cancel: ['Hủy', 'Hủy bỏ', 'Xóa', 'Chấm dứt', 'Cancel', 'Delete'],
}

/** The official columns are not public: configure what differs (`users.columns`). */
const DEFAULT_USER_MAPPING: ColumnMapping<UserField> = {
  columns: {
    ordinal: DEFAULT_COLUMN_MAPPING.columns.ordinal,
    name: ['Họ và tên', 'Họ tên', 'Họ và tên người dùng', 'Tên người dùng', 'Họ tên cán bộ'],
    citizenId: ['Số CCCD', 'CCCD', 'Số căn cước công dân', 'Căn cước công dân', 'Số căn cước', 'Số định danh cá nhân'],
    facility: DEFAULT_COLUMN_MAPPING.columns.facility,
    province: DEFAULT_COLUMN_MAPPING.columns.province,
    rights: ['Quyền', 'Quyền sử dụng', 'Quyền truy cập', 'Phân quyền', 'Chức năng'],
    lookup: ['Tra cứu thẻ', 'Tra cứu', 'Tra cứu thẻ BHYT'],
    history: ['Lịch sử KCB', 'Tra cứu lịch sử KCB', 'Thông tuyến'],
    record: ['Hồ sơ chi tiết', 'Xem hồ sơ KCB'],
    submit: ['Gửi hồ sơ', 'Gửi dữ liệu'],
    catalogue: ['Danh mục'],
    account: ['Tài khoản', 'Tên tài khoản', 'Tên đăng nhập'],
    from: ['Từ ngày', 'Ngày bắt đầu', 'Hiệu lực từ'],
    until: ['Đến ngày', 'Ngày kết thúc', 'Hiệu lực đến'],
    section: DEFAULT_COLUMN_MAPPING.columns.section,
  },
  sections: SECTIONS,
  headerRows: DEFAULT_COLUMN_MAPPING.headerRows,
}

/** The mapping of both forms with the changes of the config. */
export function userMapping(changes: MappingChanges<UserField>): ColumnMapping<UserField> {
  return mergeMapping(DEFAULT_USER_MAPPING, changes)
}
