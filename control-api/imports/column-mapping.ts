import type { Form, Section } from './form.ts'
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

/** The province's aggregated list of addresses, and the master sheet of central IT. */
export const ADDRESS_FORM: Form<ImportField> = {
  number: '02/th-ip-ctn',
  titles: IMPORT_FIELDS,
  required: REQUIRED_FIELDS,
  keys: ['facility', 'block'],
  figures: 'facility',
  ordinal: 'ordinal',
  name: 'facilityName',
  section: 'section',
}

/** How the columns and sections of a workbook are found. Names are compared by `normaliseWords`. */
export interface ColumnMapping<F extends string = ImportField> {
  readonly columns: Readonly<Record<F, readonly string[]>>
  /** Names of the sections that the form has. */
  readonly sections: Readonly<Partial<Record<Section, readonly string[]>>>
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
export interface MappingChanges<F extends string = ImportField> {
  readonly columns: Readonly<Partial<Record<F, readonly string[]>>>
  readonly sections: Readonly<Partial<Record<Section, readonly string[]>>>
}

/** The default mapping with the changes of the config. */
export function changeMapping(changes: MappingChanges): ColumnMapping {
  return mergeMapping(DEFAULT_COLUMN_MAPPING, changes)
}

/** A form's mapping with the names that an office uses in the place of its own. */
export function mergeMapping<F extends string>(mapping: ColumnMapping<F>, changes: MappingChanges<F>): ColumnMapping<F> {
  const { columns, sections, headerRows } = mapping
  return { columns: { ...columns, ...changes.columns }, sections: { ...sections, ...changes.sections }, headerRows }
}

/** A mapping made ready for many cells. */
export interface MappingWords<F extends string = ImportField> {
  readonly form: Form<F>
  readonly headerRows: number
  /** The field whose title a text is. */
  fieldOf(text: string): F | undefined
  /** The section that a text names, `undefined` where it names none or several. */
  sectionOf(text: string): Section | undefined
}

export function createMappingWords(mapping: ColumnMapping): MappingWords
export function createMappingWords<F extends string>(mapping: ColumnMapping<F>, form: Form<F>): MappingWords<F>
export function createMappingWords(
  mapping: ColumnMapping<string>,
  form: Form<string> = ADDRESS_FORM as Form<string>,
): MappingWords<string> {
  const fields = new Map<string, string>()
  for (const field of Object.keys(form.titles)) {
    for (const name of mapping.columns[field] ?? []) fields.set(normaliseWords(name), field)
  }
  const sections = (Object.entries(mapping.sections) as [Section, readonly string[]][]).map(([section, titles]) => ({
    section,
    names: titles.map((name) => ` ${normaliseWords(name)} `),
  }))
  return {
    form,
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
