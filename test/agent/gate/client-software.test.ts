import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { CLIENT_BYTES, createClientNames } from '../../../agent/gate/client-software.ts'
import { ROOT_FOLDER } from '../../support/place.ts'

describe('createClientNames', () => {
  const nameOf = createClientNames()

  it.each<[userAgent: string | undefined, name: string, reason: string]>([
    [undefined, '', 'none'],
    ['Mozilla/4.0 (compatible; MSIE 6.0)', 'Mozilla/4.0 (compatible; MSIE 6.0)', 'an ordinary one'],
    ['Ph\xe1\xba\xa7n \u0001m', 'Ph?n ?m', 'bytes that are no printable ASCII'],
    [`HIS ${'1'.repeat(12)} x`, `HIS ${'*'.repeat(12)} x`, 'a citizen ID'],
    [`HIS ${'aB3='.repeat(10)} x`, 'HIS * x', 'what may be a token'],
    [`${'y'.repeat(CLIENT_BYTES - 22)} ${'aB3'.repeat(20)}`, '* *', 'a token of which only the beginning is seen'],
    [`${'y'.repeat(CLIENT_BYTES - 8)} ${'0'.repeat(12)}`, '* *', 'an identifier of which only the beginning is seen'],
    ['x '.repeat(100), `${'x '.repeat(40)}`.trim(), 'a long one'],
  ])('names %j by %j: %s', (userAgent, expected) => {
    expect(nameOf(userAgent)).toBe(expected)
    expect(nameOf(userAgent)).toBe(expected)
  })
})

describe('CLIENT_BYTES', () => {
  it.each([
    ['nginx/edgeward-log-format.conf', `.{1,${CLIENT_BYTES}})" $edgeward_agent_head`],
    ['haproxy/edgeward.cfg', `req.fhdr(user-agent),bytes(0,${CLIENT_BYTES})`],
    ['haproxy/edgeward-gate.lua', `CLIENT_BYTES = 4096, ${CLIENT_BYTES}`],
    ['access-log.md', `its first ${CLIENT_BYTES} bytes`],
  ])('is what docs/%s writes', (file, text) => {
    expect(readFileSync(join(ROOT_FOLDER, 'docs', file), 'utf8')).toContain(text)
  })
})
