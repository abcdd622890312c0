import { describe, expect, it } from 'vitest'
import { sourceOf } from '../../../control-api/pages/client-source.ts'
import { parseBlock } from '../../../rules/addresses/parse-block.ts'

describe('sourceOf', () => {
  const proxies = [parseBlock('127.0.0.1'), parseBlock('10.0.0.0/8')]
  it.each<[string, string | undefined, string, string]>([
    ['203.0.113.9', undefined, '203.0.113.9', 'the peer'],
    ['203.0.113.9', '198.51.100.1', '203.0.113.9', 'a stranger that says it is somebody else'],
    ['127.0.0.1', '198.51.100.1', '198.51.100.1', 'what a listed proxy says'],
    ['::ffff:127.0.0.1', '198.51.100.1, 10.1.2.3', '198.51.100.1', 'through two proxies, on a socket of both families'],
    ['127.0.0.1', '192.0.2.1, 198.51.100.1', '198.51.100.1', 'what the client itself put in front'],
    ['127.0.0.1', 'junk', '127.0.0.1', 'no address'],
    ['2001:db8:1:2:3:4:5:6', undefined, '2001:db8:1:2::/64', 'one subscriber of IPv6'],
  ])('%s with X-Forwarded-For %s is %s: %s', (peer, forwarded, source) => {
    expect(sourceOf(peer, forwarded, proxies)).toBe(source)
  })
})
