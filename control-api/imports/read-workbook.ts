import { ControlError } from '../http/control-error.ts'
import { readCsv } from './read-csv.ts'
import { readXlsx } from './read-xlsx.ts'
import type { ImportLimits, Sheet } from './sheet.ts'

const ZIP = Buffer.from('PK\x03\x04', 'latin1')
/** Compound files: .xls, and every workbook with a password. [MS-CFB] §2.2 */
const COMPOUND = Buffer.from('d0cf11e0a1b11ae1', 'hex')
/** The stream that a protected workbook is kept in. [MS-OFFCRYPTO] §1.3.2 */
const ENCRYPTED = Buffer.from('EncryptedPackage', 'utf16le')

/**
 * Reads the sheets of a workbook or CSV file; what it is is decided by its bytes, not by its name.
 * @throws ControlError with a code of IMPORT_ERRORS
 */
export function readWorkbook(content: Uint8Array, limits: ImportLimits): Sheet[] {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength)
  if (bytes.length > limits.maxBytes) {
    throw new ControlError('FILE_TOO_LARGE', `The file has ${bytes.length} bytes; at most ${limits.maxBytes} are taken.`, {
      vi: `Tệp quá lớn (${bytes.length} byte); tối đa ${limits.maxBytes} byte.`,
    })
  }
  const sheets = sheetsOf(bytes, limits)
  if (sheets.every((sheet) => sheet.rows.length === 0))
    throw new ControlError('FILE_EMPTY', 'The file holds no rows.', { vi: 'Tệp không có dòng dữ liệu nào.' })
  return sheets
}

function sheetsOf(bytes: Buffer, limits: ImportLimits): Sheet[] {
  if (bytes.length === 0) return []
  if (startsWith(bytes, ZIP)) return readXlsx(bytes, limits)
  if (startsWith(bytes, COMPOUND)) throw compoundRefusal(bytes)
  if (bytes.includes(0) && bytes[0] !== 0xff && bytes[0] !== 0xfe) {
    throw new ControlError('FILE_DAMAGED', 'The file is neither an .xlsx workbook nor CSV text.', {
      vi: 'Tệp không phải .xlsx và cũng không phải CSV.',
    })
  }
  return readCsv(bytes, limits)
}

function compoundRefusal(bytes: Buffer): ControlError {
  if (bytes.includes(ENCRYPTED)) {
    return new ControlError('FILE_PROTECTED', 'The workbook is protected by a password. Save it without one and send that.', {
      vi: 'Tệp có mật khẩu; hãy lưu lại không đặt mật khẩu.',
    })
  }
  return new ControlError(
    'OLD_WORKBOOK',
    'The workbook is in the old .xls format. In Excel, save it as "Excel Workbook (.xlsx)" and send that.',
    {
      vi: 'Tệp ở dạng .xls cũ; trong Excel hãy lưu lại dạng .xlsx.',
    },
  )
}

function startsWith(bytes: Buffer, magic: Buffer): boolean {
  return bytes.subarray(0, magic.length).equals(magic)
}
