import { utils, write } from '@e965/xlsx'
import { sampleRegistrations } from './sample-registrations.ts'

const HEADER = [
  'STT',
  'Tên CSKCB',
  'Mã CSKCB',
  'Địa chỉ IP',
  'Nhà mạng',
  'Địa chỉ sử dụng',
  'Ghi chú',
  'Mã tỉnh',
  'Lý do dùng chung',
]

/** The bytes of a form-02 workbook (XLSX) with made-up additions, as a province would send it. */
export function sampleWorkbook(seed: number, rows: number, atMs: number): Uint8Array {
  const { orders } = sampleRegistrations(seed, { facilities: Math.ceil(rows * 0.6), addresses: rows }, atMs)
  const sheet = utils.aoa_to_sheet([
    ['TỔNG HỢP ĐĂNG KÝ ĐỊA CHỈ IP KẾT NỐI (mẫu 02/th-ip-ctn, dữ liệu mẫu)'],
    HEADER,
    ['I. Thêm mới'],
    ...orders.map((order, index) => [
      index + 1,
      order.facilityName,
      order.facility,
      order.block,
      order.carrier,
      order.place,
      null,
      order.province,
      order.sharedReason,
    ]),
  ])
  sheet['!merges'] = [utils.decode_range('A1:I1'), utils.decode_range('A3:I3')]
  return write(utils.book_new(sheet, 'Biểu 02'), { type: 'buffer', bookType: 'xlsx', compression: true }) as Uint8Array
}
