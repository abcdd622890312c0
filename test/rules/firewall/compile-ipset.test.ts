import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { BARE_HOST, compileIpset, compileIpsetTimed } from '../../../rules/firewall/compile-ipset.ts'
import { compileIpsetDelta, FIRST_GENERATIONS, findIpsetDeltaObstacle } from '../../../rules/firewall/compile-ipset-delta.ts'
import { blocksOfElements } from '../../../rules/firewall/ipset-elements.ts'
import { markName } from '../../../rules/firewall/ipset-layout.ts'
import { NO_JUMPS } from '../../../rules/firewall/iptables-rules.ts'
import { printIpset } from '../../../rules/firewall/print-ipset.ts'
import type { FilterProgram } from '../../../rules/firewall/program.ts'
import { aProgram, blocksFrom } from '../../support/filter-programs.ts'
import { IPSET_GOLDEN_PROGRAMS } from './ipset-golden-programs.ts'

const FOLDER = new URL('./golden-ipset/', import.meta.url)

describe('compileIpset and compileIpsetDelta print', () => {
  it.each(IPSET_GOLDEN_PROGRAMS)(
    '$name as its golden text (EDGEWARD_UPDATE_GOLDEN=1 writes it anew)',
    ({ name, from, program }) => {
      const file = new URL(`${name}.golden.ipset`, FOLDER)
      const texts = from === undefined ? compileIpset(program) : compileIpsetDelta(from, program, FIRST_GENERATIONS)
      const text = [...printIpset(texts)].join('')
      if (process.env.EDGEWARD_UPDATE_GOLDEN === '1') writeFileSync(file, text)
      expect(text).toBe(existsSync(file) ? readFileSync(file, 'utf8') : '')
    },
  )

  it('a golden text for each program and no other', () => {
    expect(readdirSync(FOLDER).sort()).toEqual(IPSET_GOLDEN_PROGRAMS.map(({ name }) => `${name}.golden.ipset`).sort())
  })
})

describe('compileIpset', () => {
  it('gives many hosts in pieces, none much longer than 64 KiB', () => {
    const host4 = Uint32Array.from({ length: 100_000 }, (_, index) => 0x14000000 + 7 * index)
    let longest = 0
    let lines = 0
    for (const chunk of compileIpset(aProgram({ approved: { ...aProgram().approved, host4 } })).sets) {
      longest = Math.max(longest, chunk.length)
      lines += chunk.split('\nadd ').length
    }
    expect(longest).toBeLessThan(66_000)
    expect(lines).toBeGreaterThanOrEqual(100_000)
  })

  it('fills the generation that no rule names, each family its own', () => {
    const host = {
      families: { 4: { named: ['a' as const], jumps: NO_JUMPS }, 6: { named: ['b' as const], jumps: NO_JUMPS } },
      sets: [],
    }
    const { sets, rules } = compileIpset(aProgram(), host)
    const created = [...sets].join('').match(/(?<=create edgeward-approved)\S+/g)
    expect(created).toEqual(['4-b', '6-a'])
    expect(rules[4]).toContain('edgeward-approved4-b')
    expect(rules[6]).toContain('edgeward-approved6-a')
  })

  it('swaps into a set that is there already, and destroys what a cut-off change left', () => {
    const text = [...compileIpset(aProgram(), { ...BARE_HOST, sets: ['edgeward-block6-new', 'edgeward-approved4-a'] }).sets].join(
      '',
    )
    expect(text).toContain('destroy edgeward-block6-new\n')
    expect(text).toContain('\ncreate edgeward-approved4-new ')
    expect(text).toContain('swap edgeward-approved4-new edgeward-approved4-a\ndestroy edgeward-approved4-new\n')
  })

  it.each([
    ['nothing of ours', { count: 0, isFirst: false }, ['-I INPUT 1 -j EDGEWARD']],
    ['our jump, first and alone', { count: 1, isFirst: true }, []],
    ['our jump after a rule of others', { count: 1, isFirst: false }, ['-D INPUT -j EDGEWARD', '-I INPUT 1 -j EDGEWARD']],
    ['our jump twice', { count: 2, isFirst: true }, ['-D INPUT -j EDGEWARD', '-D INPUT -j EDGEWARD', '-I INPUT 1 -j EDGEWARD']],
  ])('puts one jump before all rules of INPUT where it holds %s', (_what, found, expected) => {
    const jumps = { ...NO_JUMPS, INPUT: found }
    const { rules } = compileIpset(aProgram(), { ...BARE_HOST, families: { 4: { named: [], jumps }, 6: { named: [], jumps } } })
    for (const family of [4, 6] as const) expect(rules[family].match(/^-[ID] .*/gm) ?? []).toEqual(expected)
  })

  it('takes the jump out of a chain that is no longer judged', () => {
    const jumps = { ...NO_JUMPS, FORWARD: { count: 1, isFirst: true } }
    const { rules } = compileIpset(aProgram(), { ...BARE_HOST, families: { 4: { named: [], jumps }, 6: { named: [], jumps } } })
    expect(rules[4]).toContain('\n-D FORWARD -j EDGEWARD\n')
  })

  it('writes more than fifteen ports as several rules', () => {
    const tcp = Array.from({ length: 31 }, (_, index) => index + 1)
    const { rules } = compileIpset(aProgram({ guarded: { tcp, udp: [] } }))
    const ports = rules[4].match(/(?<=--dports )\S+/g) ?? []
    expect(ports.map((some) => some.split(',').length)).toEqual([15, 15, 1])
    expect(ports.join().split(',').map(Number)).toEqual(tcp)
  })

  it('writes a prefix of length 0 as two halves, for hash:net takes none, and knows it again from two halves', () => {
    const text = [...compileIpset(aProgram({ manage: ['0.0.0.0/0', '::/0'] })).sets].join('')
    const elements = text.match(/(?<=^add edgeward-mgmt\S+ )\S+/gm) ?? []
    expect(elements).toEqual(['0.0.0.0/1', '128.0.0.0/1', '0.0.0.0/2', '::/1', '8000::/1', '::/2'])
    expect([blocksOfElements(elements.slice(0, 3)), blocksOfElements(elements.slice(3))]).toEqual([['0.0.0.0/0'], ['::/0']])
    expect(blocksOfElements(['0.0.0.0/1', '128.0.0.0/1'])).toEqual(['0.0.0.0/1', '128.0.0.0/1'])
  })

  it('refuses what no backend may print', () => {
    const bad: Partial<FilterProgram> = { interfaces: ['eth0 -j ACCEPT'] }
    expect(() => compileIpset(aProgram(bad))).toThrow(expect.objectContaining({ name: 'FilterError', code: 'BAD_INTERFACE' }))
  })
})

describe('compileIpsetTimed', () => {
  it.each([
    [1, '1'],
    [1000, '1'],
    [1001, '2'],
    [3_600_000, '3600'],
    [30 * 24 * 3_600_000, '2147483'],
  ])('gives %i ms as %s s', (remainingMs, expected) => {
    const timed = blocksFrom(['20.1.0.1']).map((block) => ({ block, remainingMs }))
    const text = [...compileIpsetTimed('block', timed, { 4: 'a', 6: 'b' })].join('')
    expect(/^add edgeward-block4-new 20\.1\.0\.1 timeout (\d+)$/m.exec(text)?.[1]).toBe(expected)
  })
})

describe('compileIpsetDelta', () => {
  const delta = (from: FilterProgram, to: FilterProgram): string[] =>
    [...compileIpsetDelta(from, to, FIRST_GENERATIONS).sets].join('').match(/^(?:add|del|swap|rename) \S+ \S+/gm) ?? []

  it('adds before it takes away, between the mark of what it starts from and its own', () => {
    const others = ['20.8.0.0/24', '20.8.1.0/25']
    const from = aProgram({ approve: [...others, '20.1.0.0/24'] })
    const to = aProgram({ revision: 2, approve: [...others, '20.1.0.0/25', '20.1.0.128/25'] })
    expect(delta(from, to)).toEqual([
      `rename ${markName(from, FIRST_GENERATIONS)} edgeward-change`,
      'add edgeward-approved4-a 20.1.0.0/25',
      'add edgeward-approved4-a 20.1.0.128/25',
      'del edgeward-approved4-a 20.1.0.0/24',
      'add edgeward-change 0.0.0.1',
      `rename edgeward-change ${markName(to, FIRST_GENERATIONS)}`,
    ])
  })

  it('has whoever is blocked before or after refused from the first element to the last', () => {
    const [x, y] = blocksFrom(['20.1.0.1', '20.1.0.2']).map((block) => ({ block, remainingMs: 60_000 }))
    const from = aProgram({ approve: ['20.9.0.9', '20.1.0.2'], blocked: y ? [y] : [] })
    const to = aProgram({ approve: ['20.9.0.9', '20.1.0.1'], blocked: x ? [x] : [] })
    expect(delta(from, to).filter((line) => /approved4|block4/.test(line))).toEqual([
      'add edgeward-block4-new 20.1.0.1',
      'add edgeward-block4-new 20.1.0.2',
      'swap edgeward-block4-new edgeward-block4-a',
      'add edgeward-approved4-a 20.1.0.1',
      'del edgeward-approved4-a 20.1.0.2',
      'add edgeward-block4-new 20.1.0.1',
      'swap edgeward-block4-new edgeward-block4-a',
    ])
  })

  it.each([
    ['the last host goes', ['20.1.0.0/24', '20.2.0.2'], ['20.1.0.0/24']],
    ['the first prefix of a length comes', ['20.2.0.2'], ['20.2.0.2', '20.1.0.0/24']],
    ['the only v6 host becomes a prefix', ['2400:1::1'], ['2400:1::/64']],
    ['a v6 prefix changes its length', ['2400:1::/48'], ['2400:1::/49', '2400:1:0:8000::/49']],
  ])('refuses where %s, for the kernel may miss another block meanwhile', (_what, approve, next) => {
    expect(findIpsetDeltaObstacle(aProgram({ approve }), aProgram({ approve: next }))).toContain('prefix length')
  })

  it('names blocks that outgrow the set made for them', () => {
    const host4 = Uint32Array.from({ length: 65_537 }, (_, index) => index)
    const to = aProgram({ approved: { ...aProgram().approved, host4 } })
    expect(findIpsetDeltaObstacle(aProgram(), to)).toContain('outgrow')
    expect(() => compileIpsetDelta(aProgram(), to, FIRST_GENERATIONS)).toThrow(
      expect.objectContaining({ code: 'NOT_COMPARABLE' }),
    )
  })
})
