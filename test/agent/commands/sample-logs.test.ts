import { readdirSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { LOG_FORMATS, type LogFormat } from '../../../rules/requests/log-format.ts'
import { portalTimeText } from '../../../rules/requests/portal-time-text.ts'
import { type Known, makeHostileLog, PROXY_WRITERS } from '../../support/hostile-log.ts'
import { runAgent } from '../../support/run-agent.ts'
import { readSampleLog, SAMPLE_CITIZEN_ID, SAMPLE_KEY } from '../../support/sample-log.ts'
import { createSeeded, type Seeded } from '../../support/seeded.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const FOLDER = new URL('../../logs/', import.meta.url)
const SAMPLES = readdirSync(FOLDER).filter((name) => name.endsWith('.log'))
const FORMATS = ['nginx-json', 'combined', 'haproxy'] as const
const START_MS = Date.UTC(2026, 10, 22, 1)
const THIEF = '01234_BV'
/** Named by all that a client can forge, and by nobody who asked. */
const VICTIM = '99999_BV'
const NGINX_COMBINED =
  '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"'

async function keyFile(): Promise<string> {
  const file = join(await temporaryFolder(), 'key')
  await writeFile(file, SAMPLE_KEY)
  return file
}

/** 400 look-ups of one account at 11.6 a second among lines of hostile clients, a quarter of them broken; what is known of each line. */
function attacked(format: (typeof FORMATS)[number], seeded: Seeded): { bytes: Buffer; known: Known | undefined }[] {
  const hostile = makeHostileLog(format, 100, seeded)
  return Array.from({ length: 400 }, (_, number) => {
    const known = { ip: '20.1.2.3', port: 4000, atMs: START_MS + Math.floor(number / 11.6) * 1000, status: 200, account: THIEF }
    const target = Buffer.from(`/api/egw/KQNhanLichSuKCB2024?token=${seeded.digits(9)}&username=${THIEF}&username=${VICTIM}`)
    const bytes = PROXY_WRITERS[format](known, target, Buffer.from(`x"?username=${VICTIM}\\`))
    const other = number % 4 === 0 ? hostile[number / 4] : undefined
    return other === undefined ? [{ bytes, known }] : [other, { bytes, known }]
  }).flat()
}

function asLog(lines: readonly { bytes: Buffer }[]): Buffer {
  return Buffer.concat(lines.flatMap(({ bytes }) => [bytes, Buffer.from('\n')]))
}

describe.each(SAMPLES)('the samples of %s', (name) => {
  const format = LOG_FORMATS.find((each) => name.startsWith(`${each}.`)) ?? 'nginx-json'
  const samples = readSampleLog(new URL(name, FOLDER).pathname)
  const log = asLog(samples)

  it('are answered by `agent parse` as it stands above each line', async () => {
    const { stdout, stderr } = await runAgent(['parse', '--explain', '--format', format, '--key-file', await keyFile()], log)
    expect(stdout.split('\n').slice(0, -1)).toEqual(samples.map(({ expected }) => expected))
    expect(stderr.split('\n').filter((line) => line !== '')).toHaveLength(samples.length)
    expect(stdout + stderr).not.toContain(SAMPLE_CITIZEN_ID)
  })

  it('are counted by `agent replay` likewise, and accuse nobody', async () => {
    const { exitCode, stdout, stderr } = await runAgent(['replay', '--format', format, '--json', '-'], log)
    const unread = samples.filter(({ expected }) => expected === 'null').length
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '' })
    expect(stderr).toContain(`lines      ${samples.length} read, ${unread} of them not understood\n`)
    expect(stderr).toContain(`requests   ${samples.length - unread}, from `)
    expect(stderr).not.toContain(SAMPLE_CITIZEN_ID)
  })
})

describe.each<[LogFormat, (typeof FORMATS)[number], readonly string[]]>([
  ...FORMATS.map((format): [LogFormat, (typeof FORMATS)[number], string[]] => [format, format, ['--format', format]]),
  ['template', 'combined', ['--format', 'template', '--template', NGINX_COMBINED]],
])('a harvest among hostile clients in a log of %s', (_name, writer, args) => {
  const lines = attacked(writer, createSeeded(31))

  it('is answered by `agent parse` line by line, never in the name that was forged', async () => {
    const { stdout } = await runAgent(['parse', ...args], asLog(lines))
    const answers = stdout.split('\n').slice(0, -1)
    expect(answers).toHaveLength(lines.length)
    for (const [number, { known }] of lines.entries()) {
      if (known === undefined) continue
      const { ip, atMs, status, account } = known
      const expected = { at: portalTimeText(atMs), ip, account: account ?? null, status }
      expect(JSON.parse(answers[number] ?? '')).toMatchObject(expected)
    }
  })

  it('ends by `agent replay` in the suspension of the account that asked, and of no other', async () => {
    const { stdout } = await runAgent(['replay', ...args, '--json', '-'], asLog(lines))
    const verdicts = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { account: string; action: string; requests: number })
    expect(new Set(verdicts.map(({ account }) => account))).toEqual(new Set([THIEF]))
    expect(verdicts.at(-1)).toMatchObject({ action: 'suspend', requests: 321 })
  })
})
