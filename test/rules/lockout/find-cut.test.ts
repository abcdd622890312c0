import { describe, expect, it } from 'vitest'
import { parseBlock } from '../../../rules/addresses/parse-block.ts'
import { cutWords, findCuts, findOutgoingPort, type Watched } from '../../../rules/lockout/find-cut.ts'
import { aProgram } from '../../support/filter-programs.ts'

const HERE = '20.0.0.1'
const session = (block: string, port = 22): Watched => ({ kind: 'session', block: parseBlock(block), port })
const prober = (block: string): Watched => ({ kind: 'prober', block: parseBlock(block), port: undefined })
const open = (...approve: string[]) => aProgram({ approve, guarded: { tcp: [22, 443], udp: [] } })

describe('findCuts', () => {
  it.each<[string, ReturnType<typeof aProgram> | undefined, ReturnType<typeof aProgram>, Watched, string[]]>([
    ['a session that passes before and not after', open(HERE), open('20.0.0.2'), session(HERE), ['SESSION_CUT']],
    ['the first list', undefined, open(), session(HERE), ['SESSION_CUT']],
    ['a session that is cut already', open(), open(), session(HERE), []],
    ['a session on a port that nobody guards', undefined, open(), session(HERE, 2222), []],
    ['a session in management', undefined, { ...open(), management: aProgram({ manage: [HERE] }).management }, session(HERE), []],
    [
      'a session that was let in by hand',
      undefined,
      { ...open(), opened: [{ block: parseBlock(HERE), remainingMs: 1 }] },
      session(HERE),
      [],
    ],
    ['observe', undefined, { ...open(), mode: 'observe' }, session(HERE), []],
    ['a session where only forwarded packets are judged', undefined, { ...open(), hooks: ['forward'] }, session(HERE), []],
    ['a prober behind the forward hook', undefined, { ...open(), hooks: ['forward'] }, prober(HERE), ['PROBER_CUT']],
    ['a prober of IPv6', undefined, open(HERE), prober('2400:1::1'), ['PROBER_CUT']],
    ['half of a network that must pass', undefined, open('20.0.0.0/30'), prober('20.0.0.0/29'), ['PROBER_CUT']],
    ['a network that is all approved', undefined, open('20.0.0.0/28'), prober('20.0.0.0/29'), []],
  ])('%s', (_what, before, next, watched, codes) => {
    expect(findCuts(before, next, [watched]).map(({ code }) => code)).toEqual(codes)
  })

  it('tells what to do', () => {
    const [cut] = findCuts(undefined, open(), [session(HERE)])
    expect(cut && cutWords(open(), cut)).toContain('management.prefixes')
  })
})

describe('findOutgoingPort', () => {
  it('finds a guarded port among those of outgoing connections', () => {
    const program = aProgram({ guarded: { tcp: [443, 40_000], udp: [] } })
    expect(findOutgoingPort(program, { from: 32_768, to: 60_999 })).toBe(40_000)
    expect(findOutgoingPort(program, { from: 1024, to: 2048 })).toBeUndefined()
  })
})
