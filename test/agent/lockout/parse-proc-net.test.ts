import { describe, expect, it } from 'vitest'
import { parseProcNet } from '../../../agent/lockout/parse-proc-net.ts'

const HEAD = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n'
const REST = ' 00000000:00000000 02:000AF3C1 00000000     0        0 12345 2 0000000000000000 20 4 30 10 -1'

describe('parseProcNet', () => {
  it.each<[string, string, object[]]>([
    ['IPv4', `   1: 0100000A:0016 070013C6:C350 01${REST}`, [{ localPort: 22, peer: '198.19.0.7' }]],
    ['a listener', `   0: 00000000:0016 00000000:0000 0A${REST}`, []],
    [
      'IPv6',
      `   2: B80D0120000000000000000001000000:01BB B80D0120000000000000000007000000:C350 01${REST}`,
      [{ localPort: 443, peer: '2001:db8::7' }],
    ],
    [
      'IPv4 inside IPv6',
      `   3: 0000000000000000FFFF00000100000A:0016 0000000000000000FFFF0000070013C6:C350 01${REST}`,
      [{ localPort: 22, peer: '198.19.0.7' }],
    ],
    ['a line that is none', '   x: nonsense', []],
  ])('%s', (_what, line, expected) => {
    expect(parseProcNet(`${HEAD}${line}\n`)).toEqual(expected)
  })
})
