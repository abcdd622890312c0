import { describe, expect, it } from 'vitest'
import { blocksOf } from '../../../rules/addresses/block-set-lines.ts'
import { findBridge } from '../../../rules/firewall/bridge-program.ts'
import { hosts4, hosts6 } from '../../../rules/firewall/element-texts.ts'
import { aProgram, blocksFrom } from '../../support/filter-programs.ts'

const timed = (...texts: string[]) => blocksFrom(texts).map((block) => ({ block, remainingMs: 1000 }))
type Fields = Parameters<typeof aProgram>[0]
const FROM = { approve: ['20.1.0.1', '20.1.0.9', '2400:1::1'] }

describe('findBridge', () => {
  it.each([
    [
      { approve: ['20.1.0.0/29', '20.1.0.9', '2400:1::1'] },
      ['20.1.0.1', '20.1.0.9', '2400:1::1'],
      'a cover comes over a v4 host',
    ],
    [{ approve: ['20.1.0.1', '20.1.0.9', '2400:1::/64'] }, ['20.1.0.1', '20.1.0.9', '2400:1::1'], 'a cover comes over a v6 host'],
    [
      { approve: ['20.1.0.9', '2400:1::1'], manage: ['20.1.0.0/24'] },
      ['20.1.0.1', '20.1.0.9', '2400:1::1'],
      'management takes a host over',
    ],
    [
      { approve: ['20.1.0.9', '2400:1::1'], opened: timed('20.1.0.1') },
      ['20.1.0.1', '20.1.0.9', '2400:1::1'],
      'a host is opened by hand',
    ],
    [
      { approve: [...FROM.approve, '14.0.0.1'], blocked: timed('14.0.0.0/24') },
      ['20.1.0.1', '20.1.0.9', '2400:1::1'],
      'a host comes that is blocked at once',
    ],
  ] as [Fields, string[], string][])('to %j keeps the hosts %j: %s', (to, hosts) => {
    const program = aProgram({ revision: 2, ...to })
    const bridge = findBridge(aProgram(FROM), program)
    expect([...hosts4(bridge?.approved ?? program.approved), ...hosts6(bridge?.approved ?? program.approved)]).toEqual(hosts)
    expect({ ...bridge, approved: undefined }).toEqual({ ...program, approved: undefined })
  })

  it.each([
    [{ approve: ['20.1.0.9'] }, 'hosts only go'],
    [{ approve: [...FROM.approve, '14.0.0.1', '14.0.1.0/24'] }, 'hosts and prefixes only come'],
    [{ approve: ['20.1.0.9'], blocked: timed('20.1.0.1') }, 'a host goes and is blocked'],
    [{ ...FROM, mode: 'observe' as const }, 'only the mode changes'],
  ] as [Fields, string][])('to %j is undefined: %s', (to) => {
    expect(findBridge(aProgram(FROM), aProgram(to))).toBeUndefined()
  })

  it('does not touch prefixes', () => {
    const bridge = findBridge(aProgram(FROM), aProgram({ approve: ['20.1.0.0/29'] }))
    expect([...blocksOf(bridge?.approved ?? aProgram().approved)]).toContain('20.1.0.0/29')
  })
})
