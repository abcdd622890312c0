import { inflateRawSync } from 'node:zlib'
import { ControlError } from '../http/control-error.ts'
import type { ImportLimits } from './sheet.ts'

/** What the central directory of a ZIP archive says of one file. */
interface ZipEntry {
  readonly name: string
  readonly isEncrypted: boolean
  readonly method: number
  readonly packedBytes: number
  readonly unpackedBytes: number
  readonly headerAt: number
}

// .ZIP File Format Specification (APPNOTE) §4.3.7, §4.3.12, §4.3.16
const LOCAL_HEADER = 0x04034b50
const DIRECTORY_HEADER = 0x02014b50
const END_OF_DIRECTORY = 0x06054b50
const END_BYTES = 22
const MAX_COMMENT_BYTES = 65_535

/**
 * Refuses an archive that is damaged, protected, too large unpacked or not honest about it; gives the names inside.
 * Every file is unpacked once with its declared size as the limit, so that the directory cannot lie.
 * @throws ControlError FILE_DAMAGED, FILE_PROTECTED, FILE_TOO_LARGE
 */
export function checkZip(bytes: Buffer, limits: ImportLimits): ReadonlySet<string> {
  const entries = readDirectory(bytes, limits)
  const unpackedBytes = entries.reduce((sum, entry) => sum + entry.unpackedBytes, 0)
  if (unpackedBytes > limits.maxUnpackedBytes) {
    throw new ControlError(
      'FILE_TOO_LARGE',
      `The file would unpack to ${unpackedBytes} bytes; at most ${limits.maxUnpackedBytes} are taken. Split it.`,
      {
        vi: 'Tệp quá lớn sau khi giải nén; hãy chia thành nhiều tệp.',
      },
    )
  }
  for (const entry of entries) {
    if (entry.isEncrypted)
      throw new ControlError('FILE_PROTECTED', 'The file is protected by a password; save it without one.', {
        vi: 'Tệp có mật khẩu; hãy lưu lại không đặt mật khẩu.',
      })
    checkEntry(bytes, entry)
  }
  return new Set(entries.map((entry) => entry.name))
}

function readDirectory(bytes: Buffer, limits: ImportLimits): ZipEntry[] {
  const endAt = findEnd(bytes)
  const count = bytes.readUInt16LE(endAt + 10)
  if (count > limits.maxEntries) {
    throw new ControlError('FILE_TOO_LARGE', `The file holds ${count} parts; at most ${limits.maxEntries} are taken.`, {
      vi: 'Tệp có quá nhiều thành phần.',
    })
  }
  const entries: ZipEntry[] = []
  let at = bytes.readUInt32LE(endAt + 16)
  while (entries.length < count) {
    if (at + 46 > endAt || bytes.readUInt32LE(at) !== DIRECTORY_HEADER) throw damaged('its directory is cut off')
    const nameBytes = bytes.readUInt16LE(at + 28)
    entries.push({
      name: bytes.toString('utf8', at + 46, at + 46 + nameBytes),
      isEncrypted: (bytes.readUInt16LE(at + 8) & 1) !== 0,
      method: bytes.readUInt16LE(at + 10),
      packedBytes: bytes.readUInt32LE(at + 20),
      unpackedBytes: bytes.readUInt32LE(at + 24),
      headerAt: bytes.readUInt32LE(at + 42),
    })
    at += 46 + nameBytes + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32)
  }
  return entries
}

function findEnd(bytes: Buffer): number {
  const earliest = Math.max(0, bytes.length - END_BYTES - MAX_COMMENT_BYTES)
  for (let at = bytes.length - END_BYTES; at >= earliest; at -= 1) {
    if (bytes.readUInt32LE(at) === END_OF_DIRECTORY) return at
  }
  throw damaged('its end is missing')
}

function checkEntry(bytes: Buffer, entry: ZipEntry): void {
  const { headerAt, packedBytes, unpackedBytes, method } = entry
  if (headerAt + 30 > bytes.length || bytes.readUInt32LE(headerAt) !== LOCAL_HEADER)
    throw damaged('a part is not where it should be')
  const dataAt = headerAt + 30 + bytes.readUInt16LE(headerAt + 26) + bytes.readUInt16LE(headerAt + 28)
  const packed = bytes.subarray(dataAt, dataAt + packedBytes)
  if (packed.length !== packedBytes) throw damaged('a part is cut off')
  if (method !== 0 && method !== 8) throw damaged(`a part is packed by method ${method}`)
  if (unpackedSize(packed, method, unpackedBytes) !== unpackedBytes) throw damaged('a part has not the size it names')
}

function unpackedSize(packed: Buffer, method: number, limitBytes: number): number {
  if (method === 0) return packed.length
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(1, limitBytes) }).length
  } catch (error) {
    throw damaged('a part cannot be unpacked', error)
  }
}

function damaged(state: string, cause?: unknown): ControlError {
  return new ControlError('FILE_DAMAGED', `The file cannot be read: ${state}. Open it, save it again as .xlsx and send that.`, {
    vi: 'Tệp bị hỏng, không đọc được; hãy mở, lưu lại dạng .xlsx rồi gửi lại.',
    cause,
  })
}
