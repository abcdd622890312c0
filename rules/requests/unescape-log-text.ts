const ESCAPE = /\\(?:x([0-9A-Fa-f]{2})|([\s\S]))/g
const CONTROL: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f', v: '\v' }

/** The bytes that a client sent, of what nginx (`\xHH`) or Apache (also `\"`, `\\` and the C escapes) wrote; one character for each byte. */
export function unescapeLogText(text: string): string {
  return text.replace(ESCAPE, (_escape, hex: string | undefined, other: string | undefined) =>
    hex === undefined ? (CONTROL[other ?? ''] ?? other ?? '') : String.fromCharCode(Number.parseInt(hex, 16)),
  )
}
