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
    expect(stderr.split('\n').slice(1)).toEqual([
      `line 2: not read: NOT_JSON ${LINE_FAULTS.NOT_JSON}`,
      `line 3: not read: EMPTY_LINE ${LINE_FAULTS.EMPTY_LINE}`,
      '',
    ])
  })

  it('says on standard error what was attributed by which evidence, and shows no citizen ID', async () => {
    const lines = [
      LINE,
      LINE.replace('?username=01234_bv', ''),
      LINE.replace('Lskcb2025?username=01234_bv', `KQNhanLichSuKCB2019?username=01234_${SAMPLE_CITIZEN_ID}`),
      LINE.replace('egw/Lskcb2025', 'token/take').replace('"200"', '"200","account":"01234_TC"'),
      LINE.replace('?username=01234_bv', '').replace('"200"', `"000","subject":"${'0'.repeat(10)}"`),
    ]
    const { stderr } = await runAgent(['parse', '--explain', '--format', 'nginx-json'], lines.join('\n'))
    expect(stderr.replace(/_[a-p]{12}/, '_MASKED').split('\n')).toEqual([
      'line 1: account 01234_BV, named by the first `username` of the query; Lskcb2025 (history), answered with 200; client software not told',
      'line 2: no account: no `username` of a known form, no token, no log-in from that address in the ten minutes before; Lskcb2025 (history), answered with 200; client software not told',
      'line 3: account 01234_MASKED, named by the first `username` of the query; KQNhanLichSuKCB2019 (lookup, retired), answered with 200; client software not told',
      'line 4: account 01234_TC, named by the body of the request, as the proxy logged it; token/take (token), answered with 200; client software not told',
      'line 5: account 01234_TC, the last to log in from that address in the ten minutes before, which is a guess; Lskcb2025 (history), no answer; the person is the number of nobody: a probe; client software not told',
      '',
    ])
  })

  it('reads a log of a format of its own, and one of a HAProxy host on another clock', async () => {
    const own = '203.0.113.7 1795309200.250 "01234_bv" "GET /api/egw/Lskcb2025?a=\\x22&username=01234_bv HTTP/1.1" 200'
    const template = '$remote_addr $msec "$http_x" "$request" $status'
    const { stdout } = await runAgent(['parse', '--format', 'template', '--template', template], own)
    expect(JSON.parse(stdout)).toMatchObject({ at: '2026-11-22T08:00:00.250+07:00', account: '01234_BV', status: 200 })
    const haproxy = '203.0.113.7:51000 [22/Nov/2026:08:00:00.250] f b/s 1/0/3/6/10 200 27 - - ---- 1/1/1/1/0 0/0 "GET / HTTP/1.1"'
    const at = async (...args: string[]) =>
      JSON.parse((await runAgent(['parse', '--format', 'haproxy', ...args], haproxy)).stdout)
    expect(await at()).toMatchObject({ at: '2026-11-22T08:00:00.250+07:00' })
    expect(await at('--haproxy-offset', 'Z')).toMatchObject({ at: '2026-11-22T15:00:00.250+07:00' })
  })

  it('says on standard error with which software, and shows nothing of it that may be a secret or an identifier', async () => {
    const log = [
      `${LINE.slice(0, -1)},"userAgent":"HIS/2.1 ${'k'.repeat(40)} ${SAMPLE_CITIZEN_ID} \\u001b[2J"}`,
      `${LINE.slice(0, -1)},"userAgent":""}`,
      LINE,
    ]
    const { stdout, stderr } = await runAgent(['parse', '--explain', '--format', 'nginx-json'], log.join('\n'))
    expect(stdout).toBe(`${ANSWER}\n${ANSWER}\n${ANSWER}\n`)
    expect(stderr.split('\n').map((line) => line.split('; ').at(-1))).toEqual([
      'client software "HIS/2.1 * ************ ?[2J"',
      'the client named no software',
      'client software not told',
      '',
    ])
    const haproxy =
      '203.0.113.7:51000 [22/Nov/2026:08:00:00.250] f b/s 1/0/3/6/10 200 27 - - ---- 1/1/1/1/0 0/0 {x|HIS#7C2} "GET / HTTP/1.1"'
    const explained = await runAgent(['parse', '--explain', '--format', 'haproxy', '--haproxy-user-agent', '2'], haproxy)
    expect(explained.stderr).toContain('; client software "HIS|2"\n')
  })

  it('does not hold a line of many megabytes', async () => {
    const big = Buffer.alloc(3_000_000, 0x61)
    const { stdout, stderr } = await runAgent(['parse', '--explain', '--format', 'nginx-json'], big, big, `\n${LINE}\n`)
    expect(stdout).toBe(`null\n${ANSWER}\n`)
    expect(stderr.split('\n')[0]).toBe(`line 1: not read: LINE_TOO_LONG ${LINE_FAULTS.LINE_TOO_LONG}`)
  })

  it.each([
    [[], 'no format'],
    [['--format', 'apache'], 'an unknown format'],
    [['--format', 'combined', '--colour'], 'an unknown option'],
    [['--format', 'combined', 'access.log'], 'a file: the log comes on standard input'],
    [['--format', 'combined', '--key-file', '/nowhere/key'], 'no such key'],
    [['--format', 'template'], 'no template'],
    [['--format', 'combined', '--template', '$remote_addr'], 'a template for another format'],
    [['--format', 'template', '--template', '$remote_addr'], 'a template that lacks what is needed'],
    [['--format', 'combined', '--haproxy-offset', 'Z'], 'an offset for another format'],
    [['--format', 'haproxy', '--haproxy-offset', '7'], 'no offset'],
    [['--format', 'combined', '--haproxy-user-agent', '1'], 'a captured header of another format'],
    [['--format', 'haproxy', '--haproxy-user-agent', '0'], 'no place of a header'],
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
