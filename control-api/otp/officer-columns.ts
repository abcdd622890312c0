import { normaliseWords } from '../imports/normalise-words.ts'

/** What a column of a province's list means to us, and how lists call it. */
export const OFFICER_COLUMNS = {
  name: ['Họ tên', 'Họ và tên', 'Họ tên cán bộ', 'Tên cán bộ'],
  bhxhCode: ['Mã số BHXH', 'Mã BHXH', 'Số BHXH', 'Số sổ BHXH'],
  phone: ['Số điện thoại', 'Điện thoại', 'SĐT', 'Số điện thoại di động', 'ĐTDĐ'],
  account: ['Tài khoản', 'Tên tài khoản', 'Tài khoản cổng', 'Tài khoản Cổng giám định', 'Tên đăng nhập'],
} as const satisfies Readonly<Record<string, readonly string[]>>
export type OfficerColumn = keyof typeof OFFICER_COLUMNS
export const OFFICER_COLUMN_NAMES = Object.keys(OFFICER_COLUMNS) as OfficerColumn[]

/** What an office calls its columns, where it differs: each name given takes the place of the default titles of that column. */
export type OfficerTitles = Readonly<Partial<Record<OfficerColumn, readonly string[]>>>

/** How the columns of a list are found. */
export interface OfficerTitleWords {
  fieldOf(text: string): OfficerColumn | undefined
  /** The columns as a message names them. */
  readonly needed: string
}

export function createOfficerTitles(changes: OfficerTitles): OfficerTitleWords {
  const titles: Readonly<Record<OfficerColumn, readonly string[]>> = { ...OFFICER_COLUMNS, ...changes }
  const fields = new Map(
    OFFICER_COLUMN_NAMES.flatMap((name) => titles[name].map((title) => [normaliseWords(title), name] as const)),
  )
  return {
    fieldOf: (text) => fields.get(normaliseWords(text)),
    needed: OFFICER_COLUMN_NAMES.map((name) => titles[name][0]).join(' | '),
  }
}
