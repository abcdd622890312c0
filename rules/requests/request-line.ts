const SPACE = 0x20
const DASH = 0x2d
const UNDERSCORE = 0x5f

/**
 * Where the target begins in a request line (`GET /path?query HTTP/1.1`, RFC 9112 §3); -1 for bytes that are no request line, such as a
 * TLS greeting on a plain port.
 */
export function findTargetStart(bytes: Uint8Array, start: number, end: number): number {
  let i = start
  while (i < end && isMethodByte(bytes[i] as number)) i += 1
  return i === start || bytes[i] !== SPACE || i + 1 >= end ? -1 : i + 1
}

/** Where the target that begins at `targetStart` ends: before the version, if the request line has one. */
export function findTargetEnd(bytes: Uint8Array, targetStart: number, end: number): number {
  return end - versionLength(bytes, targetStart, end)
}

/** Bytes of ` HTTP/1.1` or ` HTTP/2` at the end; 0 for HTTP/0.9, which has no version. */
function versionLength(bytes: Uint8Array, start: number, end: number): number {
  if (isVersion(bytes, end - 9, start) && bytes[end - 2] === 0x2e) return 9
  return isVersion(bytes, end - 7, start) ? 7 : 0
}

function isVersion(bytes: Uint8Array, at: number, start: number): boolean {
  return (
    at >= start &&
    bytes[at] === SPACE &&
    bytes[at + 1] === 0x48 &&
    bytes[at + 2] === 0x54 &&
    bytes[at + 3] === 0x54 &&
    bytes[at + 4] === 0x50 &&
    bytes[at + 5] === 0x2f
  )
}

function isMethodByte(byte: number): boolean {
  const lower = byte | 0x20
  return (lower >= 0x61 && lower <= 0x7a) || byte === DASH || byte === UNDERSCORE
}
