import { Buffer } from 'node:buffer'

/** What clients send as User-Agent, one character for each byte (`undefined`: no such header), and why it is odd. */
export const ODD_AGENTS: readonly (readonly [userAgent: string | undefined, reason: string])[] = [
  ['HIS/2.1 (Windows NT 6.1; x64) +https://his.example', 'an ordinary one'],
  [undefined, 'none'],
  ['a"b\\c\\"d\\x22"', 'quotes and backslashes'],
  ['","userAgent":"forged","account":"99999_BV', 'JSON'],
  ['" 200 1 "-" "forged"', 'what stands behind a request in a combined log'],
  ['{a|b} #22 {c} "GET /?username=99999_BV HTTP/1.1"', 'what stands around captured headers'],
  ['a\tb\u001b[2J\u007fc', 'control characters'],
  [Buffer.from('Phần mềm khám chữa bệnh').toString('latin1'), 'Vietnamese'],
  ['\u00c3\u00ff\u0080x', 'bytes that are no UTF-8'],
  [`HIS ${'0'.repeat(12)} ${'aB3'.repeat(20)}`, 'an identifier and what may be a token'],
  [`"\\|${'x y'.repeat(2650)}`, 'eight kilobytes'],
  [`${'y'.repeat(140)} ${'0'.repeat(40)}`, 'an identifier at the place of the cut'],
]

/** The header lines that send it. */
export function agentHeader(userAgent: string | undefined): string {
  return userAgent === undefined ? '' : `User-Agent: ${userAgent}\r\n`
}
