import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { runAgent, runAgentUntil } from '../../support/run-agent.ts'
import { harvest } from '../../support/scenarios/patterns.ts'
import { aRequest, dayStartMs, toLogLine } from '../../support/scenarios/request.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const EIGHT = dayStartMs('2026-03-02') + 8 * 3_600_000
const CITIZEN_ID = '9'.repeat(12)
const CARD = `ZZ4${'9'.repeat(12)}`
const REPLAY = ['replay', '--format', 'nginx-json', '--json']

function stolen(account = '01234_BV', lookups = 400): string {
  const facility = { code: '01234', account, dailyVisits: 20, ip: '14.225.0.7' }
  return linesOf([...harvest({ facility, startMs: EIGHT, withSubjects: true, lookups })].map(toLogLine))
}

function linesOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('')
}

async function aFolder(log: string | Uint8Array = stolen()) {
  const folder = await temporaryFolder()
  const [log1, report] = [join(folder, 'access.log'), join(folder, 'report.html')]
  writeFileSync(log1, log)
  return { folder, log: log1, report }
}

describe('agent replay --report', () => {
  it('writes a page, for its owner alone, and answers as without it', async () => {
    const { folder, log, report } = await aFolder()
    const plain = await runAgent([...REPLAY, log])
    const outcome = await runAgent([...REPLAY, '--report', report, log])
    expect(outcome).toEqual(plain)
    const page = readFileSync(report, 'utf8')
    expect(page).toMatch(/^<!doctype html>[\s\S]*<\/html>\n$/)
    expect(page).toContain('Tài khoản đã tra cứu 321 lượt')
    expect(page).toContain('The account made 321 look-ups')
    expect(statSync(report).mode & 0o777).toBe(0o600)
    expect(readdirSync(folder).sort()).toEqual(['access.log', 'report.html'])
  })

  it('tells of each log by itself, and of standard input', async () => {
    const { folder, log, report } = await aFolder(`${stolen()}broken\n`)
    const packed = join(folder, 'older.log.gz')
    writeFileSync(packed, gzipSync('\n{}\n'))
    await runAgent([...REPLAY, '--report', report, packed, log, '-'], linesOf([toLogLine(aRequest({ atMs: EIGHT + 90_000 }))]))
    const rows = [
      ...readFileSync(report, 'utf8').matchAll(/<td><code>([^<]*(?:log|gz)|-)<\/code><\/td>((?:<td class="n">\d+<\/td>)+)/g),
    ]
    expect(rows.map(([, name, cells]) => [name?.replace(`${folder}/`, ''), cells?.match(/\d+/g)])).toEqual([
      ['older.log.gz', ['2', '0', '2']],
      ['access.log', ['401', '400', '1']],
      ['-', ['1', '1', '0']],
    ])
  })

  it('replaces a report from before', async () => {
    const { log, report } = await aFolder()
    writeFileSync(report, 'old', { mode: 0o644 })
    expect((await runAgent([...REPLAY, '--report', report, log])).exitCode).toBe(0)
    expect(readFileSync(report, 'utf8')).toMatch(/^<!doctype html>/)
  })

  it('holds nothing that names a citizen, and nothing of a log as markup', async () => {
    const evil = '<script>alert(1)</script>'
    const hostile = [
      { uri: `/api/egw/KQNhanLichSuKCB2024?username=01234_${CITIZEN_ID}&maThe=${CARD}&token=sesame` },
      { uri: `/api/egw/${evil}?username=${evil}`, host: evil },
      { uri: `/api/egw/KQNhanLichSuKCB2024?username=${CITIZEN_ID}`, subject: CITIZEN_ID, result: evil },
      { uri: `/api/egw/KQNhanLichSuKCB2024?username=01234_BV${evil}` },
    ].map((fields) => {
      const line = JSON.parse(toLogLine(aRequest({ atMs: EIGHT + 60_000 }))) as object
      return JSON.stringify({ ...line, subject: CARD, ...fields })
    })
    const { log, report } = await aFolder(stolen(`01234_${CITIZEN_ID}`) + linesOf([...hostile, `${evil}${CITIZEN_ID}`]))
    expect((await runAgent([...REPLAY, '--report', report, log])).exitCode).toBe(0)
    const page = readFileSync(report, 'utf8')
    expect(page).toMatch(/<h3><code>01234_[a-p]{12}<\/code>/)
    expect(page).not.toMatch(/<script|alert|sesame|ZZ4/)
    expect(page.replace(/sha256-[^&]+/, '').replaceAll(log, '')).not.toMatch(/\d{10}/)
  })

  it('writes a page that says so where nothing could be read', async () => {
    const { report, log } = await aFolder('not a log\n')
    expect((await runAgent([...REPLAY, '--report', report, log])).exitCode).toBe(0)
    expect(readFileSync(report, 'utf8')).toContain('No request was read from the log.')
  })

  it.each<[string, (folder: string) => string, string]>([
    ['a folder that is not there', (folder) => join(folder, 'none', 'r.html'), 'there is no folder'],
    ['a folder', (folder) => join(folder, 'folder.html'), 'there is a folder of that name'],
    ['a file as folder', (folder) => join(folder, 'access.log', 'r.html'), 'is no folder'],
    ['a name that is no page', (folder) => join(folder, 'access.log.1'), 'its name must end in .html'],
    ['a link', (folder) => join(folder, 'link.html'), 'something that is no regular file'],
    ['one of the logs', (folder) => join(folder, 'log.html'), 'it is one of the logs'],
  ])('refuses %s before it reads anything', async (_what, at, words) => {
    const { folder } = await aFolder()
    mkdirSync(join(folder, 'folder.html'))
    symlinkSync('/dev/null', join(folder, 'link.html'))
    writeFileSync(join(folder, 'log.html'), stolen())
    const { exitCode, stdout, stderr } = await runAgent([...REPLAY, '--report', at(folder), join(folder, 'log.html')])
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
    expect(stderr).toContain(`Cannot write the report ${JSON.stringify(at(folder))}: `)
    expect(stderr).toContain(words)
    expect(readFileSync(join(folder, 'log.html'), 'utf8')).toBe(stolen())
  })

  it('says that it could not be written, and leaves the old one', async () => {
    const { report, log } = await aFolder()
    writeFileSync(report, 'old')
    mkdirSync(join(`${report}.new`, 'in the way'), { recursive: true })
    const { exitCode, stdout, stderr } = await runAgent([...REPLAY, '--report', report, log])
    expect(exitCode).toBe(1)
    expect(stdout).toContain('"suspend"')
    expect(stderr).toContain(`agent replay: No report was written: Cannot write ${JSON.stringify(report)}: `)
    expect(readFileSync(report, 'utf8')).toBe('old')
  })

  it.each(['a log that breaks off', 'Ctrl-C'])('writes none after %s, and says so', async (end) => {
    const packed = gzipSync(stolen())
    const { folder, report } = await aFolder()
    const log = join(folder, 'access.log.gz')
    const isBroken = end !== 'Ctrl-C'
    writeFileSync(log, isBroken ? packed.subarray(0, packed.length / 2) : packed)
    const { exitCode, stderr } = await runAgentUntil(isBroken ? new AbortController().signal : AbortSignal.abort(), [
      ...REPLAY,
      '--report',
      report,
      log,
    ])
    expect(exitCode).toBe(isBroken ? 2 : 1)
    expect(stderr).toContain('No report was written: the logs were not read to their end')
    expect(existsSync(report)).toBe(false)
  })
})
