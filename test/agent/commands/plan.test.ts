import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { type Plan, planWith } from '../../../agent/commands/plan.ts'
import { ProgramError } from '../../../agent/process/program-error.ts'
import type { RunProgram } from '../../../agent/process/run-program.ts'
import { digestOf } from '../../../rules/addresses/block-set-lines.ts'
import { blockSetOf } from '../../support/filter-programs.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const noNft: RunProgram = async () => {
  throw new ProgramError('NOT_FOUND', 'Cannot start nft: ENOENT')
}

async function plan(
  args: readonly string[],
  run: RunProgram = noNft,
): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const stdout = new PassThrough()
  const stderr = new PassThrough()
  const said = Promise.all([text(stdout), text(stderr)])
  const exitCode = await planWith(run, args, {
    stdin: Readable.from([]),
    stdout,
    stderr,
    signal: new AbortController().signal,
    env: {},
  })
  stdout.end()
  stderr.end()
  const [out, err] = await said
  return { exitCode, stdout: out, stderr: err }
}

async function filesOf(lists: Readonly<Record<string, string>>): Promise<(name: string) => string> {
  const folder = await temporaryFolder()
  for (const [name, content] of Object.entries(lists)) await writeFile(join(folder, name), content)
  return (name) => join(folder, name)
}

const hosts = (count: number, from = 0) => Array.from({ length: count }, (_, index) => `20.1.0.${from + index}`)

describe('agent plan', () => {
  it('says what comes and goes, first ones only', async () => {
    const file = await filesOf({ before: hosts(100).join('\n'), after: hosts(103, 5).join('\n') })
    const { exitCode, stdout } = await plan(['--list', file('after'), '--from', file('before'), '--show', '2'])
    expect(exitCode).toBe(0)
    expect(stdout).toBe(
      `${file('after')}: 103 blocks; ${file('before')}: 100.\n` +
        '8 would be added:\n  + 20.1.0.100\n  + 20.1.0.101\n  … and 6 more\n' +
        '5 would be removed:\n  - 20.1.0.0\n  - 20.1.0.1\n  … and 3 more\n' +
        'The limits would let it in force.\n',
    )
  })

  it('ends with 1 and says which limit, where a list shrinks too far', async () => {
    const file = await filesOf({ before: hosts(100).join('\n'), after: hosts(37).join('\n') })
    const { exitCode, stdout } = await plan(['--list', file('after'), '--from', file('before'), '--json', '--show', '1'])
    expect(exitCode).toBe(1)
    expect(JSON.parse(stdout) as Plan).toMatchObject({
      blocks: 37,
      digest: digestOf(blockSetOf(hosts(37))),
      comparedWith: { source: 'list', blocks: 100 },
      added: 0,
      removed: 63,
      firstAdded: [],
      firstRemoved: ['20.1.0.37'],
      verdict: { kind: 'refuse', code: 'LIST_SHRINKS' },
    })
  })

  it('compares with what the kernel holds', async () => {
    const listed = (set: string) =>
      JSON.stringify({ nftables: [{ set: { name: set, ...(set === 'host4' ? { elem: ['20.1.0.1'] } : {}) } }] })
    const asked: string[] = []
    const run: RunProgram = async (_file, args) => {
      asked.push(args.join(' '))
      return { exitCode: 0, stdout: listed(args.at(-1) ?? ''), stderr: '' }
    }
    const file = await filesOf({ after: '20.1.0.1\n20.1.0.2\n' })
    const { exitCode, stdout } = await plan(['--list', file('after'), '--json'], run)
    expect(exitCode).toBe(0)
    expect(JSON.parse(stdout) as Plan).toMatchObject({ comparedWith: { source: 'kernel', blocks: 1 }, added: 1, removed: 0 })
    expect(asked.every((words) => words.startsWith('--json list set inet edgeward '))).toBe(true)
  })

  it('says so where there is nothing to compare with, and judges the list alone', async () => {
    const file = await filesOf({ after: '10.0.0.0/8\n' })
    const { exitCode, stdout } = await plan(['--list', file('after')])
    expect(exitCode).toBe(1)
    expect(stdout).toContain('Nothing to compare with: the tool of this backend is not installed')
    expect(stdout).toContain('(LIST_ALL_COVERING)')
  })

  it('refuses an empty list', async () => {
    const file = await filesOf({ before: '20.1.0.1\n', after: '# nobody\n' })
    const { exitCode, stdout } = await plan(['--list', file('after'), '--from', file('before')])
    expect(exitCode).toBe(1)
    expect(stdout).toContain('(LIST_EMPTY)')
  })

  it('ends with 2 where a line of either list is bad', async () => {
    const file = await filesOf({ good: '20.1.0.1\n', bad: '20.1.0.256\n' })
    for (const args of [
      ['--list', file('bad'), '--from', file('good')],
      ['--list', file('good'), '--from', file('bad')],
    ]) {
      const { exitCode, stdout, stderr } = await plan(args)
      expect([exitCode, stdout]).toEqual([2, ''])
      expect(stderr).toContain(`${file('bad')}:1: OCTET_OUT_OF_RANGE `)
    }
  })
})

describe('agent plan --config', () => {
  it('says whom the list would lock out of this host', async () => {
    const folder = await temporaryFolder()
    const config = join(folder, 'agent.yaml')
    const list = join(folder, 'list.txt')
    const yaml =
      'name: edge-1\ncontrol: { url: "https://192.0.2.1" }\nmanagement: { prefixes: none }\nlockout: { mustPass: [20.7.0.1] }\n'
    await writeFile(config, yaml)
    await writeFile(list, '20.0.0.1\n')
    const { exitCode, stdout } = await plan(['--list', list, '--from', list, '--config', config])
    expect([exitCode, stdout.includes('PROBER_CUT')]).toEqual([0, false])
    await writeFile(join(folder, 'before.txt'), '20.0.0.1\n20.7.0.1\n')
    await writeFile(config, `${yaml}limits: { maxShrinkShare: 1 }\n`)
    const cut = await plan(['--list', list, '--from', join(folder, 'before.txt'), '--config', config])
    expect(cut).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('(PROBER_CUT): 20.7.0.1 must always pass') })
  })
})
