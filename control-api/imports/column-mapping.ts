import { normaliseWords } from './normalise-words.ts'

/** What a column of a form means to us, and how messages call it. */
export const IMPORT_FIELDS = {
  ordinal: 'STT',
  facilityName: 'Tên CSKCB',
  facility: 'Mã CSKCB',
  block: 'Địa chỉ IP',
  carrier: 'Nhà mạng',
  place: 'Địa chỉ sử dụng',
  note: 'Ghi chú',
  province: 'Mã tỉnh',
  provinceName: 'Tỉnh',
  section: 'Loại',
  dispatch: 'Số công văn',
  shared: 'Lý do dùng chung',
} as const
export type ImportField = keyof typeof IMPORT_FIELDS

export const REQUIRED_FIELDS = ['facilityName', 'facility', 'block'] as const satisfies readonly ImportField[]

/** How the columns and sections of a workbook are found. Names are compared by `normaliseWords`. */
export interface ColumnMapping {
  readonly columns: Readonly<Record<ImportField, readonly string[]>>
  readonly sections: Readonly<Record<'add' | 'cancel', readonly string[]>>
  /** Rows from the top in which the header must stand. */
  readonly headerRows: number
}

/** Form 02/th-ip-ctn and the master sheet of central IT, with the spellings that occur. The official columns are not public: configure what differs. */
export const DEFAULT_COLUMN_MAPPING: ColumnMapping = {
  columns: {
    ordinal: ['STT', 'TT', 'Số thứ tự'],
    facilityName: [
      'Tên CSKCB',
      'Tên cơ sở KCB',
      'Tên cơ sở khám chữa bệnh',
      'Tên cơ sở khám bệnh, chữa bệnh',
      'Tên đơn vị',
      'CSKCB',
    ],
    facility: ['Mã CSKCB', 'Mã cơ sở KCB', 'Mã cơ sở khám chữa bệnh', 'Mã cơ sở khám bệnh, chữa bệnh', 'Mã đơn vị', 'Mã KCB'],
    block: ['Địa chỉ IP', 'IP', 'Địa chỉ IP tĩnh', 'IP tĩnh', 'Địa chỉ IP đăng ký', 'Địa chỉ IP Internet', 'IP address'],
    carrier: ['Nhà mạng', 'Nhà cung cấp', 'Nhà cung cấp dịch vụ', 'Nhà cung cấp dịch vụ Internet', 'ISP'],
    place: ['Địa chỉ sử dụng', 'Nơi sử dụng', 'Địa điểm sử dụng', 'Địa chỉ'],
    note: ['Ghi chú', 'Chú thích'],
    province: ['Mã tỉnh', 'Mã tỉnh, thành phố', 'Mã tỉnh/TP'],
    provinceName: ['Tỉnh', 'Tên tỉnh', 'Tỉnh, thành phố', 'Tỉnh/TP'],
    section: ['Loại', 'Loại đăng ký', 'Add/Hủy', 'Thêm mới/Hủy', 'Hình thức'],
    dispatch: ['Số công văn', 'Công văn', 'Số CV'],
    shared: ['Lý do dùng chung', 'Dùng chung'],
  },
  sections: {
    add: ['Thêm mới', 'Thêm', 'Bổ sung', 'Đăng ký mới', 'Add'],
    cancel: ['Hủy', 'Hủy bỏ', 'Xóa', 'Chấm dứt', 'Cancel', 'Delete'],
  },
  headerRows: 30,
}

/** What an office calls its columns and sections, where it differs: each name given takes the place of the default names of that column. */
export interface MappingChanges {
  readonly columns: Readonly<Partial<Record<ImportField, readonly string[]>>>
  readonly sections: Readonly<Partial<Record<'add' | 'cancel', readonly string[]>>>
}

/** The default mapping with the changes of the config. */
export function changeMapping({ columns, sections }: MappingChanges): ColumnMapping {
  const { columns: defaultColumns, sections: defaultSections, headerRows } = DEFAULT_COLUMN_MAPPING
  return { columns: { ...defaultColumns, ...columns }, sections: { ...defaultSections, ...sections }, headerRows }
}

/** A mapping made ready for many cells. */
export interface MappingWords {
  readonly headerRows: number
  /** The field whose title a text is. */
  fieldOf(text: string): ImportField | undefined
  /** The section that a text names, `undefined` where it names none or both. */
  sectionOf(text: string): 'add' | 'cancel' | undefined
}

export function createMappingWords(mapping: ColumnMapping): MappingWords {
  const fields = new Map<string, ImportField>()
  for (const field of Object.keys(IMPORT_FIELDS) as ImportField[]) {
    for (const name of mapping.columns[field]) fields.set(normaliseWords(name), field)
  }
  const sections = (['add', 'cancel'] as const).map((section) => ({
    section,
    names: mapping.sections[section].map((name) => ` ${normaliseWords(name)} `),
  }))
  return {
    headerRows: mapping.headerRows,
    fieldOf: (text) => (text.length > MAX_TITLE ? undefined : fields.get(normaliseWords(text))),
    sectionOf(text) {
      if (text.length > MAX_TITLE) return undefined
      const words = ` ${normaliseWords(text)} `
      const found = sections.filter(({ names }) => names.some((name) => words.includes(name)))
      return found.length === 1 ? found[0]?.section : undefined
    },
  }
}

/** Longer texts are no titles. */
const MAX_TITLE = 150
