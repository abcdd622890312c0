import { describe, expect, it } from 'vitest'
import { compileNftHosts, type TouchedHost } from '../../../rules/firewall/compile-nft-hosts.ts'
import { createNftBatchWriter } from '../../../rules/firewall/nft-messages.ts'
import { aProgram } from '../../support/filter-programs.ts'

const program = aProgram({ approve: ['20.1.0.1', '20.1.0.3', '200.1.0.9', '2400:1::1', '2800:1::2', '20.2.0.0/24'] })
const v4 = (address: string) => Uint8Array.from(address.split('.'), Number)
/** `2400:1::7` as 0x24 and 7. */
const v6 = (first: number, last: number) => Uint8Array.from([first, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last])
const host = (key: Uint8Array, isThere: boolean): TouchedHost => ({ set: key.length === 4 ? 'host4' : 'host6', key, isThere })

/** The messages of `compileNftHosts` in words of the writer. */
function expected(out: readonly Uint8Array[], into: readonly Uint8Array[]): Uint8Array {
  const writer = createNftBatchWriter()
  for (const set of ['host4', 'host6']) {
    const of = (keys: readonly Uint8Array[]) =>
      keys.filter(({ length }) => (length === 4) === (set === 'host4')).map((key) => ({ key }))
    if (of(out).length > 0) writer.deleteElements(set, of(out))
    if (of(into).length > 0) writer.addElements(set, of(into))
  }
  return writer.finish().bytes
}

type Row = readonly [why: string, told: readonly TouchedHost[], out: readonly Uint8Array[], into: readonly Uint8Array[]]

describe('compileNftHosts', () => {
  it.each<Row>([
    ['a stranger goes', [host(v4('20.9.0.9'), true)], [v4('20.9.0.9')], []],
    ['an approved one comes back', [host(v4('20.1.0.3'), false)], [], [v4('20.1.0.3')]],
    ['beyond 31 bits too', [host(v4('200.1.0.9'), false)], [], [v4('200.1.0.9')]],
    ['one was put there anew, perhaps with a comment', [host(v4('20.1.0.1'), true)], [v4('20.1.0.1')], [v4('20.1.0.1')]],
    [
      'the latest word counts',
      [host(v4('20.9.0.9'), true), host(v4('20.9.0.9'), false), host(v4('20.1.0.1'), false)],
      [],
      [v4('20.1.0.1')],
    ],
    [
      'IPv6',
      [host(v6(0x24, 1), false), host(v6(0x28, 2), false), host(v6(0x24, 7), true)],
      [v6(0x24, 7)],
      [v6(0x24, 1), v6(0x28, 2)],
    ],
  ])('%s', (_, told, out, into) => {
    expect(compileNftHosts(program, told)?.bytes).toEqual(expected(out, into))
  })

  it('is nothing where all is as it should be', () => {
    expect(compileNftHosts(program, [host(v4('20.9.0.9'), false)])).toBeUndefined()
    expect(compileNftHosts(program, [])).toBeUndefined()
  })

  it('carries the mark that makes it known for ours', () => {
    const batch = compileNftHosts(program, [host(v4('20.9.0.9'), true)], { mark: 'own-1' })
    expect(Buffer.from(batch?.bytes ?? []).toString('latin1')).toContain('own-1')
  })
})
