/**
 * A text as it is compared with the words of a form: compatibility forms folded (NFKC), lower case, without diacritics (hủy and huỷ are one word),
 * without what stands in brackets, punctuation as single spaces. Only for comparing: what is kept is the text itself.
 */
export function normaliseWords(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .normalize('NFD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll('đ', 'd')
    .replaceAll(/\([^)]*\)/g, ' ')
    .replaceAll(/[^a-z0-9]+/g, ' ')
    .trim()
}
