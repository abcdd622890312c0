import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { compileIpset } from '../../../rules/firewall/compile-ipset.ts'
import { compileIpsetDelta, FIRST_GENERATIONS } from '../../../rules/firewall/compile-ipset-delta.ts'
import { compileNft } from '../../../rules/firewall/compile-nft.ts'
import { compileNftDelta } from '../../../rules/firewall/compile-nft-delta.ts'
import { printIpset } from '../../../rules/firewall/print-ipset.ts'
import { aProgram } from '../../support/filter-programs.ts'
import { runAgent } from '../../support/run-agent.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

async function fileOf(content: string): Promise<string> {
  const file = join(await temporaryFolder(), 'list.txt')
  await writeFile(file, content)
  return file
}

describe('agent compile', () => {
  it('prints the program of a list with comments, empty lines, any order and duplicates', async () => {
    const list = await fileOf('# facilities\n\n20.2.0.0/24   # a prefix\n20.1.0.1\n2400:1::1\n20.1.0.1')
    const program = aProgram({ approve: ['20.1.0.1', '20.2.0.0/24', '2400:1::1'] })
    const stdout = [...compileNft(program)].join('')
    expect(await runAgent(['compile', '--list', list])).toEqual({ exitCode: 0, stdout, stderr: '' })
  })

  it('prints the delta from another list, with the options on both', async () => {
    const options = { manage: ['192.0.2.0/24'], mode: 'observe', hooks: ['input', 'forward'], interfaces: ['eth0'] } as const
    const guarded = { tcp: [8443], udp: [] }
    const stdout = [
      ...compileNftDelta(
        aProgram({ ...options, guarded, revision: 6, approve: ['20.1.0.1'] }),
        aProgram({ ...options, guarded, revision: 7, approve: ['20.1.0.2'] }),
      ),
    ].join('')
    const words =
      '--revision 7 --mode observe --hook input --hook forward --interface eth0 --ports 8443 --management 192.0.2.0/24'
    const from = await fileOf('20.1.0.1\n')
    expect(await runAgent(['compile', '--list', '-', '--from', from, ...words.split(' ')], '20.1.0.2\n')).toEqual({
      exitCode: 0,
      stdout,
      stderr: '',
    })
  })

  it.each([
    ['all of it', []],
    ['the delta from another list', ['20.1.0.1\n2400:1::/48\n']],
  ])('prints %s for ipset and both iptables', async (_what, [before]) => {
    const to = aProgram({ revision: 7, approve: ['20.1.0.2', '2400:2::/48'] })
    const from = aProgram({ revision: 6, approve: ['20.1.0.1', '2400:1::/48'] })
    const texts = before === undefined ? compileIpset(to) : compileIpsetDelta(from, to, FIRST_GENERATIONS)
    const words = ['compile', '--backend', 'ipset', '--revision', '7', '--list', '-']
    const { exitCode, stdout } = await runAgent(
      before === undefined ? words : [...words, '--from', await fileOf(before)],
      '20.1.0.2\n2400:2::/48\n',
    )
    expect([exitCode, stdout]).toEqual([0, [...printIpset(texts)].join('')])
  })

  it('says why no delta leads from one list to another where ipset has only the whole', async () => {
    const from = await fileOf('20.1.0.1\n')
    const words = ['compile', '--backend', 'ipset', '--revision', '7', '--list', '-', '--from', from]
    const { exitCode, stdout, stderr } = await runAgent(words, '20.1.0.1\n20.2.0.0/24\n')
    expect([exitCode, stdout]).toEqual([2, ''])
    expect(stderr).toContain('the first or last block of a prefix length comes or goes')
  })

  it('names every bad line of the list and prints nothing', async () => {
    const list = await fileOf('20.1.0.1\n010.0.0.1\n20.1.0.0/8\n\n#\nportal.example\n20.1.0.1/024\n\xff\n20.1.0.1\r\n')
    const { exitCode, stdout, stderr } = await runAgent(['compile', '--list', list])
    expect([exitCode, stdout]).toEqual([2, ''])
    const places = stderr.split('\n').map((line) => /^(.*:\d+): ([A-Z0-9_]+) /.exec(line)?.slice(1).join(' '))
    expect(places.filter((place) => place !== undefined)).toEqual([
      `${list}:2 LEADING_ZERO`,
      `${list}:3 HOST_BITS`,
      `${list}:6 HOST_NAME`,
      `${list}:7 LENGTH_LEADING_ZERO`,
      `${list}:8 NOT_ASCII`,
      `${list}:9 WHITESPACE`,
    ])
  })

  it('prints an empty program for an empty list', async () => {
    const { exitCode, stdout } = await runAgent(['compile', '--list', '-'], '# nobody\n')
    expect([exitCode, stdout]).toEqual([0, [...compileNft(aProgram())].join('')])
  })

  it.each<[string, readonly string[]]>([
    ['no list', ['compile']],
    ['a list that is not there', ['compile', '--list', '/nonexistent/list']],
    ['two lists from one input', ['compile', '--list', '-', '--from', '-']],
    ['an unknown backend', ['compile', '--list', '-', '--backend', 'pf']],
    ['an unknown mode', ['compile', '--list', '-', '--mode', 'off']],
    ['an unknown hook', ['compile', '--list', '-', '--hook', 'output']],
    ['a port that is none', ['compile', '--list', '-', '--ports', 'http']],
    ['a port out of range', ['compile', '--list', '-', '--ports', '70000']],
    ['an interface that would end the text', ['compile', '--list', '-', '--interface', '"; flush ruleset #']],
    ['a management block that is none', ['compile', '--list', '-', '--management', '010.0.0.1']],
    ['a negative revision', ['compile', '--list', '-', '--revision', '-1']],
    ['an unknown option', ['compile', '--list', '-', '--verbose']],
    ['a stray word', ['compile', '--list', '-', 'list.txt']],
  ])('ends with 2 and a way out for %s', async (_what, args) => {
    const { exitCode, stdout, stderr } = await runAgent(args, '20.1.0.1\n')
    expect([exitCode, stdout]).toEqual([2, ''])
    expect(stderr).toContain('Try: agent compile --help')
  })
})
