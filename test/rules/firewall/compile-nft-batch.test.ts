import { describe, expect, it } from 'vitest'
import { compileNftBatch, compileNftBlockedBatch } from '../../../rules/firewall/compile-nft-batch.ts'
import type { FilterProgram } from '../../../rules/firewall/program.ts'
import { aProgram, blocksFrom } from '../../support/filter-programs.ts'

/** Types of the messages of a batch: begin and end as such, the rest without the subsystem. */
function messagesOf(bytes: Uint8Array): readonly string[] {
  const names = new Map([
    [0x10, 'begin'],
    [0x11, 'end'],
    [0x0a03, 'new chain'],
    [0x0a05, 'delete chain'],
    [0x0a06, 'new rule'],
    [0x0a08, 'delete rule'],
    [0x0a0c, 'new element'],
    [0x0a0e, 'delete element'],
  ])
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const found: string[] = []
  for (let at = 0; at < bytes.length; at += view.getUint32(at, true)) found.push(names.get(view.getUint16(at + 4, true)) ?? '?')
  return found
}

const one = aProgram({ revision: 1, approve: ['20.1.0.1', '20.2.0.0/24'] })
const two = aProgram({ revision: 2, approve: ['20.1.0.2', '20.2.0.0/24'] })
const TIMED = ['delete element', 'delete element', 'delete element', 'delete element']
const timed = (texts: readonly string[]) => blocksFrom(texts).map((block) => ({ block, remainingMs: 1000 }))

describe('compileNftBatch', () => {
  it('deletes the chain of the list it starts from first, so that it lands on no other', () => {
    const batch = compileNftBatch(one, two)
    expect(messagesOf(batch?.bytes ?? new Uint8Array())).toEqual([
      'begin',
      'delete chain',
      'new chain',
      'delete element',
      'new element',
      ...TIMED,
      'delete rule',
      'new rule',
      'end',
    ])
  })

  it('leaves out the end, and nothing else, where it is only to be judged', () => {
    const batch = compileNftBatch(one, two)
    expect(messagesOf(batch?.judged ?? new Uint8Array()).at(-1)).toBe('new rule')
    expect(batch?.answered).toBe(messagesOf(batch?.judged ?? new Uint8Array()).length)
  })

  it('names a chain that comes and goes, for those who listen', () => {
    const batch = compileNftBatch(one, two, { mark: 'own-1' })
    expect(messagesOf(batch?.bytes ?? new Uint8Array()).slice(1, 5)).toEqual([
      'delete chain',
      'new chain',
      'new chain',
      'delete chain',
    ])
  })

  it('splits many elements, because an attribute holds 64 KiB', () => {
    const approve = Array.from({ length: 900 }, (_, i) => `2400:1:${(i + 1).toString(16)}::/48`)
    const batch = compileNftBatch(aProgram({ approve: [] }), aProgram({ revision: 2, approve }))
    expect(messagesOf(batch?.bytes ?? new Uint8Array()).filter((name) => name === 'new element')).toHaveLength(2)
  })

  it.each<[string, FilterProgram]>([
    ['rules that differ', aProgram({ revision: 2, mode: 'observe', approve: ['20.1.0.1', '20.2.0.0/24'] })],
    ['other hooks', aProgram({ revision: 2, hooks: ['forward'], approve: [] })],
    [
      'more than a thousand elements',
      aProgram({ revision: 2, approve: Array.from({ length: 1001 }, (_, i) => `20.9.${i >> 8}.${i & 255}`) }),
    ],
    ['a prefix that begins at 0', aProgram({ revision: 2, manage: ['0.0.0.0/1'] })],
    ['a prefix that has no end', aProgram({ revision: 2, opened: timed(['ffff::/16']) })],
    ['a block that has no end', aProgram({ revision: 2, blocked: timed(['255.255.255.255']) })],
  ])('leaves %s to nft', (_what, to) => {
    expect(compileNftBatch(one, to)).toBeUndefined()
  })

  it('refuses what no program may hold', () => {
    expect(() => compileNftBatch(one, { ...two, digest: 'x' })).toThrow(expect.objectContaining({ code: 'BAD_DIGEST' }))
  })
})

describe('compileNftBlockedBatch', () => {
  it('empties both sets and fills those that have something', () => {
    const batch = compileNftBlockedBatch(timed(['20.1.0.1', '20.1.0.0/16']))
    expect(messagesOf(batch?.bytes ?? new Uint8Array())).toEqual([
      'begin',
      'delete element',
      'delete element',
      'new element',
      'end',
    ])
  })

  it('leaves more than a thousand to nft', () => {
    expect(compileNftBlockedBatch(timed(Array.from({ length: 1001 }, (_, i) => `20.9.${i >> 8}.${i & 255}`)))).toBeUndefined()
  })

  it('refuses a time that no block may have', () => {
    const blocked = timed(['20.1.0.1']).map((one) => ({ ...one, remainingMs: 0 }))
    expect(() => compileNftBlockedBatch(blocked)).toThrow(expect.objectContaining({ code: 'BAD_TIMEOUT' }))
  })
})
