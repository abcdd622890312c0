import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { LINE_FAULTS } from '../../../rules/requests/line-fault.ts'
import { runAgent } from '../../support/run-agent.ts'
import { readSampleLog, SAMPLE_CITIZEN_ID, SAMPLE_KEY } from '../../support/sample-log.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const LINE =
  '{"at":"2026-11-22T08:00:00+07:00","ip":"203.0.113.7","port":"51000","uri":"/api/egw/Lskcb2025?username=01234_bv","status":"200"}'
const ANSWER =
  '{"at":"2026-11-22T08:00:00+07:00","ip":"203.0.113.7","port":51000,"account":"01234_BV","accountSource":"query","facility":"01234","function":"Lskcb2025","class":"history","retired":false,"status":200}'

describe('agent parse', () => {
  it('answers each line on its own line', async () => {
    expect(await runAgent(['parse', '--format', 'nginx-json'], `${LINE}\n\ngarbage\n${LINE}`)).toEqual({
      exitCode: 0,
      stdout: `${ANSWER}\nnull\nnull\n${ANSWER}\n`,
      stderr: '',
    })
  })

  it.each(['nginx-json.shape', 'nginx-json.correlation', 'combined.lines', 'haproxy.lines'])(
    'answers the samples of %s as a stream, however it is cut',
    async (name) => {
      const samples = readSampleLog(new URL(`../../logs/${name}.log`, import.meta.url).pathname)
      const log = Buffer.concat(samples.flatMap(({ bytes }) => [bytes, Buffer.from('\n')]))
      const cuts = Array.from({ length: Math.ceil(log.length / 4099) }, (_, i) => log.subarray(i * 4099, (i + 1) * 4099))
      const outcome = await runAgent(
        ['parse', '--format', name.replace(/\..*/, ''), '--key-file', await aKeyFile(SAMPLE_KEY)],
        ...cuts,
      )
      expect(outcome.stdout.split('\n').slice(0, -1)).toEqual(samples.map(({ expected }) => expected))
    },
  )

  it('masks with another key on each run, with the same from a file', async () => {
    const line = LINE.replace('01234_bv', `01234_${SAMPLE_CITIZEN_ID}`)
    const answers = async (...args: string[]) =>
      (await runAgent(['parse', '--format', 'nginx-json', ...args], line, '\n', line)).stdout.split('\n')
    const [first, second] = await answers()
    const [other] = await answers()
    const [kept] = await answers('--key-file', await aKeyFile(SAMPLE_KEY))
    const [keptAgain] = await answers('--key-file', await aKeyFile(SAMPLE_KEY))
    expect(first).toMatch(/"account":"01234_[a-p]{12}"/)
    expect(second).toBe(first)
    expect(other).not.toBe(first)
    expect(keptAgain).toBe(kept)
  })

  it('says on standard error why a line is null, and repeats nothing of it', async () => {
    const { stdout, stderr } = await runAgent(['parse', '--explain', '--format', 'nginx-json'], `${LINE}\npassword=hunter2\n\n`)
    expect(stdout).toBe(`${ANSWER}\nnull\nnull\n`)
    expect(stderr).toBe(`line 2: NOT_JSON ${LINE_FAULTS.NOT_JSON}\nline 3: EMPTY_LINE ${LINE_FAULTS.EMPTY_LINE}\n`)
  })

  it('does not hold a line of many megabytes', async () => {
    const big = Buffer.alloc(3_000_000, 0x61)
    const { stdout, stderr } = await runAgent(['parse', '--explain', '--format', 'nginx-json'], big, big, `\n${LINE}\n`)
    expect(stdout).toBe(`null\n${ANSWER}\n`)
    expect(stderr).toBe(`line 1: LINE_TOO_LONG ${LINE_FAULTS.LINE_TOO_LONG}\n`)
  })

  it.each([
    [[], 'no format'],
    [['--format', 'apache'], 'an unknown format'],
    [['--format', 'combined', '--colour'], 'an unknown option'],
    [['--format', 'combined', 'access.log'], 'a file: the log comes on standard input'],
    [['--format', 'combined', '--key-file', '/nowhere/key'], 'no such key'],
  ])('refuses %j with 2: %s', async (args) => {
    const { exitCode, stdout, stderr } = await runAgent(['parse', ...args], LINE)
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
    expect(stderr).toContain('Try: agent parse --help')
  })

  it('refuses a key that could be guessed', async () => {
    const { exitCode, stderr } = await runAgent(
      ['parse', '--format', 'combined', '--key-file', await aKeyFile(new Uint8Array(8))],
      LINE,
    )
    expect(exitCode).toBe(2)
    expect(stderr).toContain('at least 16')
  })
})

async function aKeyFile(key: Uint8Array): Promise<string> {
  const file = join(await temporaryFolder(), 'key')
  await writeFile(file, key)
  return file
}
