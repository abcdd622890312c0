import type { IncomingMessage } from 'node:http'
import { ControlError } from '../http/control-error.ts'

/** What a form with a file brought. */
export class UploadedForm {
  /** Its other fields. */
  readonly fields: URLSearchParams
  /** Empty where no file was chosen. */
  readonly file: Uint8Array
  constructor(fields: URLSearchParams, file: Uint8Array) {
    this.fields = fields
    this.file = file
  }
}

/** Nobody is listened to for longer only to be told that it was too much. */
const MAX_DRAINED_BYTES = 200 * 1024 * 1024

/** Reads `multipart/form-data` (RFC 7578) with one file in the field `file`. @throws ControlError BAD_REQUEST */
export async function readUpload(body: Uint8Array<ArrayBuffer>, contentType: string): Promise<UploadedForm> {
  const read = await new Response(body, { headers: { 'content-type': contentType } }).formData().catch((cause: unknown) => {
    throw new ControlError('BAD_REQUEST', 'The form cannot be read.', {
      vi: 'Không đọc được biểu mẫu. Hãy tải lại trang rồi gửi lại.',
      cause,
    })
  })
  const fields = new URLSearchParams()
  let file: Uint8Array = new Uint8Array()
  for (const [name, value] of read) {
    if (typeof value === 'string') fields.append(name, value)
    else if (name === 'file') file = new Uint8Array(await value.arrayBuffer())
  }
  return new UploadedForm(fields, file)
}

/**
 * Listens to the end of a body that is larger than is taken: a browser that is cut off while it sends shows no answer at all.
 * @throws ControlError FILE_TOO_LARGE where it is too large
 */
export async function refuseTooLarge(request: IncomingMessage, maxBytes: number): Promise<void> {
  const bytes = Number(request.headers['content-length'] ?? 0)
  if (bytes <= maxBytes) return
  if (bytes <= MAX_DRAINED_BYTES) for await (const _piece of request);
  const [sent, most] = [bytes, maxBytes].map((size) => Math.floor(size / 1024 / 1024))
  throw new ControlError('FILE_TOO_LARGE', `The file has about ${sent} MB; at most ${most} MB are taken.`, {
    vi: `Tệp quá lớn (khoảng ${sent} MB); tối đa ${most} MB. Hãy chia nhỏ tệp.`,
  })
}
