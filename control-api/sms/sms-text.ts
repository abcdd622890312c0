/** What a message centre needs of a text. GSM 03.38 and 03.40 §9.2.3.24 */
export interface SmsParts {
  /** `data_coding` of SMPP: 0 for the centre's default alphabet (GSM 7 bit), 8 for UCS-2. SMPP 3.4 §5.2.19 */
  readonly dataCoding: 0 | 8
  /** Each message's bytes; with a header that joins them where there is more than one. */
  readonly parts: readonly Buffer[]
  /** Whether the parts begin with a header. */
  readonly hasHeader: boolean
}

/** Characters of the GSM alphabet that have the same code in ASCII; our texts need no others. */
const PLAIN = /^[\n\r !"#%&'()*+,\-./0-9:;<=>?A-Za-z]*$/
const GSM_SINGLE = 160
const GSM_JOINED = 153
const UCS2_SINGLE = 70
const UCS2_JOINED = 67

/** The text without what GSM's alphabet lacks: `Mã số` becomes `Ma so`, anything else unknown a blank. */
export function plainText(text: string): string {
  const plain = text.normalize('NFD').replaceAll(/\p{M}/gu, '').replaceAll('đ', 'd').replaceAll('Đ', 'D')
  return Array.from(plain.replaceAll(/[–—]/gu, '-').replaceAll('_', '-'), (char) => (PLAIN.test(char) ? char : ' ')).join('')
}

/**
 * A text in the parts that are sent. With accents it takes two bytes a character where it has any: 70 characters are one message, as against 160 without.
 * @param reference ties the parts of a long text together, 0–255
 */
export function smsParts(text: string, hasAccents: boolean, reference: number): SmsParts {
  const sent = hasAccents ? text.normalize('NFC') : plainText(text)
  const isPlain = PLAIN.test(sent)
  const [single, joined] = isPlain ? [GSM_SINGLE, GSM_JOINED] : [UCS2_SINGLE, UCS2_JOINED]
  const bytesOf = (part: string) => (isPlain ? Buffer.from(part, 'latin1') : Buffer.from(part, 'utf16le').swap16())
  const dataCoding = isPlain ? 0 : 8
  if (sent.length <= single) return { dataCoding, parts: [bytesOf(sent)], hasHeader: false }
  const pieces = Array.from({ length: Math.ceil(sent.length / joined) }, (_, at) => sent.slice(at * joined, (at + 1) * joined))
  const parts = pieces.map((piece, at) =>
    Buffer.concat([Buffer.from([5, 0, 3, reference & 0xff, pieces.length, at + 1]), bytesOf(piece)]),
  )
  return { dataCoding, parts, hasHeader: true }
}
