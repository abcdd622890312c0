const ESCAPE = /%u([0-9a-f]{4})|%([0-9a-f]{2})/gi

/**
 * Takes percent-encoding away, once. Reads `%41` and also `%u0041`, which the portal's platform (Windows HTTP Server API, ASP.NET)
 * takes as well; what is no escape stays as it is. Bytes that are not UTF-8 become U+FFFD.
 * `text` holds one character for each byte (Latin-1).
 */
export function decodePercent(text: string): string {
  const decoded = text.includes('%') ? text.replace(ESCAPE, decodeOne) : text
  return Buffer.from(decoded, 'latin1').toString('utf8')
}

/** The same for a name or value of a query or form, where `+` is a space. */
export function decodeQueryPart(text: string): string {
  return decodePercent(text.replaceAll('+', ' '))
}

function decodeOne(_escape: string, unicode: string | undefined, byte: string | undefined): string {
  if (byte !== undefined) return String.fromCharCode(Number.parseInt(byte, 16))
  return Buffer.from(String.fromCharCode(Number.parseInt(unicode ?? '', 16)), 'utf8').toString('latin1')
}
