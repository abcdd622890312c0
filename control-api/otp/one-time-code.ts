/** Digits of a code. 1232/BHXH-CNTT names no number; six are what officers know from their banks. */
export const CODE_DIGITS = 6

const CODES = 10 ** CODE_DIGITS
/** Numbers of 32 bits from here on would make some codes likelier than others. */
const FAIR = Math.floor(2 ** 32 / CODES) * CODES

/** Six digits, all codes equally likely. @param randomBytes bytes that nobody can guess */
export function makeCode(randomBytes: (size: number) => Uint8Array): string {
  for (;;) {
    const number = Buffer.from(randomBytes(4)).readUInt32BE(0)
    if (number < FAIR) return String(number % CODES).padStart(CODE_DIGITS, '0')
  }
}

/** What a person typed, if it is a code: spaces and dashes between the digits are theirs. */
export function findCode(text: string): string | undefined {
  const digits = text.normalize('NFKC').replaceAll(/[\s-]/g, '')
  return /^[0-9]{6}$/.test(digits) ? digits : undefined
}
