import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { compileNft } from '../../../rules/firewall/compile-nft.ts'
import { compileNftDelta, findDeltaObstacle } from '../../../rules/firewall/compile-nft-delta.ts'
import { FilterError } from '../../../rules/firewall/filter-error.ts'
import type { FilterProgram } from '../../../rules/firewall/program.ts'
import { aProgram, blocksFrom } from '../../support/filter-programs.ts'
import { GOLDEN_PROGRAMS, type GoldenProgram } from './golden-programs.ts'

const FOLDER = new URL('./golden/', import.meta.url)

describe('compileNft and compileNftDelta print', () => {
  it.each(GOLDEN_PROGRAMS)('$name as its golden text (EDGEWARD_UPDATE_GOLDEN=1 writes it anew)', (golden) => {
    const file = new URL(`${golden.name}.golden.nft`, FOLDER)
    const text = textOf(golden)
    if (process.env.EDGEWARD_UPDATE_GOLDEN === '1') writeFileSync(file, text)
    expect(text).toBe(existsSync(file) ? readFileSync(file, 'utf8') : '')
  })

  it('a golden text for each program and no other', () => {
    expect(readdirSync(FOLDER).sort()).toEqual(GOLDEN_PROGRAMS.map(({ name }) => `${name}.golden.nft`).sort())
  })
})

describe('compileNft', () => {
  it('gives many hosts in pieces, none much longer than 64 KiB', () => {
    const host4 = Uint32Array.from({ length: 200_000 }, (_, index) => 0x14000000 + 7 * index)
    const chunks = compileNft(aProgram({ approved: { ...aProgram().approved, host4 } }))
    let longest = 0
    let elements = 0
    for (const chunk of chunks) {
      longest = Math.max(longest, chunk.length)
      elements += chunk.split('.').length - 1
    }
    expect(longest).toBeLessThan(66_000)
    expect(elements).toBeGreaterThanOrEqual(600_000)
  })

  it.each<[string, Partial<FilterProgram>, string]>([
    ['a negative revision', { revision: -1 }, 'BAD_REVISION'],
    ['a revision past the safe integers', { revision: 2 ** 53 }, 'BAD_REVISION'],
    ['a digest of the wrong length', { digest: 'abc' }, 'BAD_DIGEST'],
    ['a digest that would end the comment', { digest: `${'0'.repeat(62)}" ` }, 'BAD_DIGEST'],
    ['an unknown mode', { mode: 'off' as 'observe' }, 'BAD_MODE'],
    ['an unknown way to refuse', { refuse: 'accept' as 'drop' }, 'BAD_REFUSE'],
    ['no hook', { hooks: [] }, 'BAD_HOOK'],
    ['an unknown hook', { hooks: ['output' as 'input'] }, 'BAD_HOOK'],
    ['a hook twice', { hooks: ['input', 'input'] }, 'BAD_HOOK'],
    ['no port', { guarded: { tcp: [], udp: [] } }, 'BAD_PORT'],
    ['port 0', { guarded: { tcp: [0], udp: [] } }, 'BAD_PORT'],
    ['port 65536', { guarded: { tcp: [], udp: [65536] } }, 'BAD_PORT'],
    ['a port twice, which nft refuses as overlap', { guarded: { tcp: [80, 80], udp: [] } }, 'BAD_PORT'],
    ['half a port', { guarded: { tcp: [80.5], udp: [] } }, 'BAD_PORT'],
    ['an interface with a quote', { interfaces: ['eth0" accept; #'] }, 'BAD_INTERFACE'],
    ['an interface pattern', { interfaces: ['eth*'] }, 'BAD_INTERFACE'],
    ['an interface name of 16 characters', { interfaces: ['a'.repeat(16)] }, 'BAD_INTERFACE'],
    ['an empty interface name', { interfaces: [''] }, 'BAD_INTERFACE'],
    ['a line feed', { interfaces: ['eth0\n'] }, 'BAD_INTERFACE'],
    [
      'a block without time left',
      { blocked: blocksFrom(['20.1.0.1']).map((block) => ({ block, remainingMs: 0 })) },
      'BAD_TIMEOUT',
    ],
    ['a block for ever', { blocked: blocksFrom(['20.1.0.1']).map((block) => ({ block, remainingMs: Infinity })) }, 'BAD_TIMEOUT'],
  ])('refuses %s', (_what, fields, code) => {
    expect(() => [...compileNft(aProgram(fields))]).toThrow(expect.objectContaining({ name: 'FilterError', code }))
  })
})

describe('findDeltaObstacle', () => {
  it('names a change of hooks', () => {
    const to = aProgram({ hooks: ['forward'] })
    expect(findDeltaObstacle(aProgram(), to)).toContain('hooks')
    expect(() => [...compileNftDelta(aProgram(), to)]).toThrow(FilterError)
  })

  it('names hosts that outgrow the set made for them', () => {
    const host4 = Uint32Array.from({ length: 65_537 }, (_, index) => index)
    expect(findDeltaObstacle(aProgram(), aProgram({ approved: { ...aProgram().approved, host4 } }))).toContain('outgrow')
  })

  it('finds none between lists of one shape', () => {
    expect(findDeltaObstacle(aProgram(), aProgram({ approve: ['20.1.0.1'], mode: 'observe' }))).toBeUndefined()
  })
})

/** Shared with nobody: the system test reads the golden files themselves. */
function textOf({ from, program, refill }: GoldenProgram): string {
  const chunks = from === undefined ? compileNft(program, refill === undefined ? {} : { refill }) : compileNftDelta(from, program)
  return [...chunks].join('')
}
