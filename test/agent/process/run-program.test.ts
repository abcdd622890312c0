import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { followProgram, type ProgramFile, runProgram } from '../../../agent/process/run-program.ts'
import { createService, spawnHere } from '../../support/service.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { until } from '../../support/until.ts'

/** The union keeps other programs out of the product; these stand in for them. */
const standIn = (file: string) => file as ProgramFile

describe('runProgram', () => {
  it('gives both outputs and the exit code, and throws for none', async () => {
    expect(await runProgram(standIn('sh'), ['-c', 'echo out; echo err >&2; exit 3'])).toEqual({
      stdout: 'out\n',
      stderr: 'err\n',
      exitCode: 3,
    })
  })

  it('hands arguments on as they are, without a shell', async () => {
    const { stdout } = await runProgram(standIn('printf'), ['%s|', '$(id)', '; rm', '*'])
    expect(stdout).toBe('$(id)|; rm|*|')
  })

  it('gives a clean environment in the C locale', async () => {
    const { stdout } = await runProgram(standIn('env'), [])
    expect(
      stdout
        .split('\n')
        .filter(Boolean)
        .map((line) => line.split('=')[0] ?? '')
        .sort((a, b) => a.localeCompare(b)),
    ).toEqual(['LC_ALL', 'PATH'])
    expect(stdout).toContain('LC_ALL=C\n')
  })

  it.each<[string, Iterable<string> | AsyncIterable<string>, string]>([
    ['an array', ['a', 'b', 'c'], 'abc'],
    ['nothing', [], ''],
    [
      'a generator of much',
      (function* () {
        for (let i = 0; i < 100; i += 1) yield 'ä'.repeat(30_000)
      })(),
      'ä'.repeat(3_000_000),
    ],
    [
      'an asynchronous one',
      (async function* () {
        yield 'late'
        yield 'r'
      })(),
      'later',
    ],
  ])('gives the program %s as standard input, from its start', async (_what, input, expected) => {
    const { stdout } = await runProgram(standIn('cat'), [], { input, maxOutputBytes: 20_000_000 })
    expect(stdout).toBe(expected)
  })

  it('gives no input where none is given', async () => {
    expect((await runProgram(standIn('cat'), [])).stdout).toBe('')
  })

  it('starts nothing when the input breaks off, so that no program takes half for the whole', async () => {
    const folder = await temporaryFolder()
    const broken = (function* () {
      yield 'first half'
      throw new Error('the rest cannot be made')
    })()
    await expect(runProgram(standIn('touch'), [`${folder}/started`], { input: broken })).rejects.toMatchObject({
      code: 'BAD_INPUT',
      cause: { message: 'the rest cannot be made' },
    })
    expect((await runProgram(standIn('ls'), [folder])).stdout).toBe('')
  })

  it('starts nothing where the temporary folder cannot be written into, and says why', async () => {
    const folder = await temporaryFolder()
    vi.stubEnv('TMPDIR', `${folder}/away`)
    onTestFinished(() => void vi.unstubAllEnvs())
    await expect(runProgram(standIn('touch'), [`${folder}/started`], { input: ['all'] })).rejects.toMatchObject({
      code: 'INPUT_UNWRITABLE',
      message: expect.stringMatching(/away: ENOENT/),
    })
    expect((await runProgram(standIn('ls'), [folder])).stdout).toBe('')
  })

  it.each<[string, () => Promise<unknown>, string]>([
    ['a program that is not there', () => runProgram(standIn('edgeward-no-such-program'), []), 'NOT_FOUND'],
    ['a folder', () => runProgram(standIn('/etc'), []), 'NOT_PERMITTED'],
    ['a program that takes too long', () => runProgram(standIn('sleep'), ['60'], { timeoutMs: 50 }), 'TIMED_OUT'],
    ['a caller that gave up', () => runProgram(standIn('sleep'), ['60'], { signal: AbortSignal.abort() }), 'CANCELLED'],
    ['endless output', () => runProgram(standIn('yes'), [], { maxOutputBytes: 10_000 }), 'TOO_MUCH_OUTPUT'],
    ['endless complaints', () => runProgram(standIn('sh'), ['-c', 'yes >&2'], { maxOutputBytes: 10_000 }), 'TOO_MUCH_OUTPUT'],
    ['a program that was killed', () => runProgram(standIn('sh'), ['-c', 'kill -9 $$']), 'KILLED'],
  ])('throws for %s', async (_what, run, code) => {
    await expect(run()).rejects.toMatchObject({ name: 'ProgramError', code })
  })

  it('does not wait for what a program left behind, and keeps all that was written', async () => {
    const { stdout, exitCode } = await runProgram(standIn('sh'), ['-c', 'sleep 600 & echo $!; exit 3'])
    const [pid] = stdout.split('\n').map(Number)
    if (pid !== undefined && pid > 0) process.kill(pid, 'SIGKILL')
    expect(stdout).toMatch(/^\d+\n$/)
    expect(exitCode).toBe(3)
  })

  it('lets other work of the host go first where asked to', async () => {
    // The program runs before the agent can say how nice it is.
    const nice = ['-c', 'until [ "$(nice)" != 0 ]; do :; done; nice']
    expect((await runProgram(standIn('sh'), nice, { priority: 'low' })).stdout).toBe('10\n')
    expect((await runProgram(standIn('nice'), [])).stdout).toBe('0\n')
  })
})

describe('runProgram of an agent that yields to all others itself', () => {
  it('reads at low priority all the same, without the right to take a higher one', async () => {
    const module = new URL('../../../agent/process/run-program.ts', import.meta.url).href
    const program = `import { runProgram } from ${JSON.stringify(module)}
      const { stdout } = await runProgram('nice', [], { priority: 'low' })
      console.log('nice', stdout.trim())`
    const args = ['--bounding-set', '-sys_nice', 'nice', '-n', '19', process.execPath, '--input-type=module', '-e', program]
    const isRoot = process.getuid?.() === 0
    const agent = createService('an agent', isRoot ? spawnHere('setpriv', args) : spawnHere('nice', args.slice(3)))
    onTestFinished(async () => void (await agent.stop('SIGKILL')))
    expect((await agent.line(/^nice (\d+)$/))[1]).toBe('19')
  })
})

describe('followProgram', () => {
  const ENDLESS = new AbortController().signal

  it('hands on all that is written before it ends, and keeps none of it', async () => {
    let length = 0
    const onOutput = (text: string): void => {
      length += text.length
    }
    const ended = await followProgram(standIn('sh'), ['-c', 'head -c 3000000 /dev/zero; echo why >&2; exit 3'], {
      onOutput,
      signal: ENDLESS,
    })
    expect(length).toBe(3_000_000)
    expect(ended).toEqual({ exitCode: 3, stderr: 'why\n' })
  })

  it('hands on what is written while the program runs, and ends it when asked', async () => {
    const ending = new AbortController()
    const followed = followProgram(standIn('sh'), ['-c', 'echo ready; exec sleep 60'], {
      onOutput: () => ending.abort(),
      signal: ending.signal,
    })
    await expect(followed).rejects.toMatchObject({ code: 'CANCELLED' })
  })

  it('says that a program is not there', async () => {
    const followed = followProgram(standIn('no-such-program'), [], { onOutput: () => undefined, signal: ENDLESS })
    await expect(followed).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('tells the process id', async () => {
    const pids: number[] = []
    let text = ''
    await followProgram(standIn('sh'), ['-c', 'echo $$'], {
      onOutput(piece) {
        text += piece
      },
      onStart: (pid) => void pids.push(pid),
      signal: ENDLESS,
    })
    expect(`${pids[0]}\n`).toBe(text)
  })
})

describe('an agent that is killed', () => {
  it.each([
    ['followProgram', `followProgram('sleep', ['60'], { onOutput() {}, onStart, signal: new AbortController().signal })`],
    ['runProgram', `runProgram('sleep', ['60'], { onStart })`],
  ])('leaves nothing behind of what %s started', async (name, call) => {
    const module = new URL('../../../agent/process/run-program.ts', import.meta.url).href
    const program = `import { ${name} } from ${JSON.stringify(module)}
      const onStart = (pid) => console.log(pid)
      ${call}`
    const agent = createService('an agent', spawnHere(process.execPath, ['--input-type=module', '-e', program]))
    onTestFinished(async () => void (await agent.stop('SIGKILL')))
    const [pid] = await agent.line(/^\d+$/)
    // Not before: the death of a parent is heard only once it was asked for.
    await until('sleep runs', () => (readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith('sleep') ? true : undefined))
    await agent.stop('SIGKILL')
    await until('the program is gone', () => (existsSync(`/proc/${pid}`) ? undefined : true))
  })
})
