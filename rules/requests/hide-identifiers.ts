/** Runs of ten digits (BHXH number), twelve (citizen ID), eleven (a citizen ID whose zero a spreadsheet ate) or more, in any script's digits. */
const IDENTIFIER_RUN = /\p{Nd}{10,}/gu

/**
 * Text that people wrote, without what may name a citizen: each digit of such a run becomes `•`, so that its writer still finds the place.
 * Phone numbers of ten digits go too.
 */
export function hideIdentifiers(text: string): string {
  return text.replace(IDENTIFIER_RUN, (digits) => digits.replace(/\p{Nd}/gu, '•'))
}
