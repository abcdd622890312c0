import { describe, expect, it } from 'vitest'
import { parseSetElements, readApproved } from '../../../agent/firewall/read-approved.ts'
import { blocksOf } from '../../../rules/addresses/block-set-lines.ts'

const listing = (elem?: readonly unknown[]) =>
  JSON.stringify({
    nftables: [{ metainfo: { version: '1.0.6' } }, { set: { name: 'net4', ...(elem === undefined ? {} : { elem }) } }],
  })

describe('parseSetElements', () => {
  it.each<[string, string, readonly string[]]>([
    ['hosts', listing(['20.1.0.1', '2400:1::1']), ['20.1.0.1', '2400:1::1']],
    ['prefixes', listing([{ prefix: { addr: '20.1.0.0', len: 24 } }]), ['20.1.0.0/24']],
    ['an empty set', listing(), []],
  ])('reads %s', (_what, json, blocks) => {
    expect([...parseSetElements(json)]).toEqual(blocks)
  })

  it.each<[string, string]>([
    ['a range, which is never ours', listing([{ range: ['20.1.0.1', '20.1.0.5'] }])],
    ['a number', listing([7])],
    ['no address', listing(['portal.example'])],
    ['text that is no JSON', 'table inet edgeward {'],
    ['something else', '[]'],
  ])('throws UNREADABLE for %s', (_what, json) => {
    expect(() => [...parseSetElements(json)]).toThrow(expect.objectContaining({ code: 'UNREADABLE' }))
  })
})

describe('readApproved', () => {
  it('puts the four sets together', async () => {
    const elements: Readonly<Record<string, readonly unknown[]>> = {
      host4: ['20.1.0.1'],
      net4: [{ prefix: { addr: '20.2.0.0', len: 24 } }],
      host6: ['2400:1::1'],
    }
    const set = await readApproved(async (_file, args) => ({
      exitCode: 0,
      stdout: listing(elements[args.at(-1) ?? '']),
      stderr: '',
    }))
    expect([...blocksOf(set)]).toEqual(['20.1.0.1', '20.2.0.0/24', '2400:1::1'])
  })

  it('throws NOT_IN_FORCE where there is no table', async () => {
    const gone = { exitCode: 1, stdout: '', stderr: 'Error: No such file or directory\nlist set inet edgeward host4\n' }
    await expect(readApproved(async () => gone)).rejects.toMatchObject({ code: 'NOT_IN_FORCE' })
  })
})
