import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { AttributedRequest } from '../../../rules/requests/attributed-request.ts'
import { runAgent } from '../../support/run-agent.ts'
import type { ScenarioFacility } from '../../support/scenarios/facilities.ts'
import { harvest } from '../../support/scenarios/patterns.ts'
import { aRequest, dayStartMs, toLogLine } from '../../support/scenarios/request.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const EIGHT = dayStartMs('2026-03-02') + 8 * 3_600_000
const FACILITY: ScenarioFacility = { code: '01234', account: '01234_BV', dailyVisits: 20, ip: '14.225.0.7' }
const JSON_LINES = ['replay', '--format', 'nginx-json', '--json']

function logOf(requests: Iterable<AttributedRequest>): string {
  return [...requests].map((request) => `${toLogLine(request)}\n`).join('')
}

function stolenAccount(lookups = 400): string {
  return logOf(harvest({ facility: FACILITY, startMs: EIGHT, withSubjects: true, lookups }))
}

async function aFile(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(await temporaryFolder(), name)
  await writeFile(path, content)
  return path
}

describe('agent replay', () => {
  it('says who would have been acted on, when and why', async () => {
    const calm = logOf([aRequest({ atMs: EIGHT + 3 * 3_600_000, account: '56789_BV' })])
    const { exitCode, stdout, stderr } = await runAgent([...JSON_LINES, '-'], stolenAccount() + calm)
    const verdicts = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(exitCode).toBe(0)
    expect(verdicts).toEqual([
      {
        at: '2026-03-02T08:00:27.586+07:00',
        account: '01234_BV',
        rule: 'absolute',
        action: 'suspend',
        requests: 321,
        subjects: 321,
        evidence: { vi: expect.stringContaining('321 lượt'), en: expect.stringContaining('321 look-ups') },
      },
      {
        at: '2026-03-02T08:30:34.396+07:00',
        account: '01234_BV',
        rule: 'absolute',
        action: 'release',
        requests: 0,
        subjects: 0,
        evidence: { vi: expect.stringContaining('30 phút'), en: expect.stringContaining('30 minutes') },
      },
    ])
    expect(stderr.split('\n')).toEqual([
      'lines      401 read, 0 of them not understood',
      'requests   401, from 2026-03-02T08:00:00+07:00 to 2026-03-02T11:00:00+07:00',
      'accounts   2',
      'verdicts   1 suspend, 1 release',
      'shadow     shared would have given 2 watch, 1 throttle, and would hold 1 at the end',
      '',
    ])
  })

  it('says what a rule in shadow would have done, and which exemption had ended', async () => {
    const policy = await aFile(
      'policy.yaml',
      'absolute: {mode: shadow}\nburst: {mode: off}\nshared: {mode: off}\nexemptions:\n  - {facility: "01234", reason: health-check day, until: "2026-03-01T00:00:00+07:00", rules: []}\n',
    )
    const { stdout, stderr } = await runAgent([...JSON_LINES, '--policy', policy, '-'], stolenAccount())
    expect(stdout).not.toContain('suspend')
    expect(stderr).toMatch(/^shadow {5}absolute would have given 1 suspend, and would hold 1 at the end$/m)
    expect(stderr).toMatch(/^note {7}an exemption has ended/m)
  })

  it('speaks to a person without --json, in both languages', async () => {
    const { stdout, stderr } = await runAgent(['replay', '--format', 'nginx-json', '-'], stolenAccount())
    expect(stdout.split('\n')).toEqual([
      '2026-03-02T08:00:27.586+07:00  suspend  01234_BV  (absolute)',
      expect.stringMatching(/^ {4}Tài khoản đã tra cứu 321 lượt/),
      expect.stringMatching(/^ {4}The account made 321 look-ups/),
      '',
    ])
    expect(stderr).toContain('verdicts   1 suspend; 1 still on at the end')
  })

  it('reads several logs, packed ones too, as one', async () => {
    const lines = stolenAccount().split('\n')
    const older = await aFile('access.log.2.gz', gzipSync(`${lines.slice(0, 200).join('\n')}\n`))
    const newer = await aFile('access.log', lines.slice(200).join('\n'))
    const together = await runAgent([...JSON_LINES, '-'], stolenAccount())
    expect((await runAgent([...JSON_LINES, older, newer])).stdout).toBe(together.stdout)
  })

  it('goes on after lines that cannot be read, and counts them by reason', async () => {
    const garbage = Buffer.concat([Buffer.from([0xff, 0xfe, 0, 10]), Buffer.alloc(2_000_000, 0x61), Buffer.from('\n{"at":\n')])
    const file = await aFile('access.log', Buffer.concat([garbage, Buffer.from(stolenAccount())]))
    const { exitCode, stdout, stderr } = await runAgent([...JSON_LINES, file])
    expect(exitCode).toBe(0)
    expect(stdout.match(/"suspend"/g)).toHaveLength(1)
    expect(stderr).toContain('lines      403 read, 3 of them not understood\n')
    expect(stderr).toMatch(/1 LINE_TOO_LONG: .*\n[^\n]*2 NOT_JSON: |2 NOT_JSON: .*\n[^\n]*1 LINE_TOO_LONG: /)
    expect(stderr).not.toContain('{"at":')
  })

  it('judges a registered facility by its size and the hour', async () => {
    const registrations = await aFile('facilities.csv', 'facility,address,dailyVisits\n01234,14.225.0.7,10000\n')
    const args = [...JSON_LINES, '--registrations', registrations, '-']
    const night = logOf(harvest({ facility: FACILITY, startMs: EIGHT - 6 * 3_600_000, withSubjects: true, lookups: 1_000 }))
    expect((await runAgent(args, night)).stdout).toBe('')
    expect((await runAgent(args, stolenAccount(1_000))).stdout).toContain('"rule":"burst","action":"suspend","requests":321')
  })

  it('follows the policy that is named', async () => {
    const policy = await aFile(
      'policy.yaml',
      'absolute:\n  mode: observe\n  limits: [{window: 1m, lookups: 9, atLeast: 9, perDailyVisit: 0, atMost: 9}]\n',
    )
    const { stdout } = await runAgent([...JSON_LINES, '--policy', policy, '-'], stolenAccount(20))
    expect(JSON.parse(stdout)).toMatchObject({ action: 'watch', requests: 10 })
  })

  it('masks the citizen ID of a named account', async () => {
    const citizenId = '9'.repeat(12)
    const log = logOf(
      harvest({ facility: { ...FACILITY, account: `01234_${citizenId}` }, startMs: EIGHT, withSubjects: false, lookups: 400 }),
    )
    const { stdout, stderr } = await runAgent([...JSON_LINES, '-'], log)
    expect(JSON.parse(stdout)).toMatchObject({ account: expect.stringMatching(/^01234_[a-p]{12}$/) })
    expect(stdout + stderr).not.toContain(citizenId)
  })

  it('names every fault of a policy by path, line and column', async () => {
    const policy = await aFile('policy.yaml', 'absolute:\n  mode: maybe\n  holdMinutes: 0\nextra: 1\n')
    const { exitCode, stderr } = await runAgent([...JSON_LINES, '--policy', policy, '-'])
    expect(exitCode).toBe(2)
    expect(stderr.split('\n')).toEqual([
      `${policy}:2:9 absolute.mode: must be "off" or "shadow" or "observe" or "enforce", is "maybe" (WRONG_VALUE)`,
      `${policy}:3:16 absolute.holdMinutes: must be >= 1, is 0 (WRONG_VALUE)`,
      `${policy}:4:8 extra: is not an option (UNKNOWN_KEY)`,
      `3 faults in ${policy}.`,
      '',
    ])
  })

  it('names every bad row of the registrations by row and column', async () => {
    const file = await aFile(
      'facilities.csv',
      'facility,address,dailyVisits\n01234,14.225.0.7,20\n1234,14.225.0.8,x\n\n"01235",1.2.3.4/024,-1\n01236,,7,8\n',
    )
    const { exitCode, stderr } = await runAgent([...JSON_LINES, '--registrations', file, '-'])
    expect(exitCode).toBe(2)
    expect(stderr.split('\n')).toEqual([
      `${file}: row 3: facility: must be five digits, is "1234"`,
      `${file}: row 3: dailyVisits: must be a number from 0 to 200000, is "x"`,
      expect.stringContaining(`${file}: row 5: address: `),
      `${file}: row 5: dailyVisits: must be a number from 0 to 200000, is "-1"`,
      `${file}: row 6: must have 3 columns, has 4`,
      `Cannot use the registrations ${JSON.stringify(file)} (BAD_REGISTRATIONS).`,
      '',
    ])
  })

  it.each([
    [[], '--format must be one of'],
    [['--format', 'csv', 'x.log'], '"csv" is none of them'],
    [['--format', 'combined'], 'name at least one LOG'],
    [['--format', 'combined', '/nowhere/access.log'], 'Cannot read the log "/nowhere/access.log"'],
    [['--format', 'combined', '/'], 'it is a directory'],
    [['--format', 'combined', '--policy', '/nowhere/p.yaml', '-'], 'Cannot read the policy "/nowhere/p.yaml"'],
    [['--format', 'combined', '--registrations', '/nowhere/r.csv', '-'], 'Cannot read the registrations'],
    [['--format', 'combined', '--speed', '2', '-'], "Unknown option '--speed'"],
  ])('refuses %j: %s', async (args, words) => {
    const { exitCode, stdout, stderr } = await runAgent(['replay', ...args])
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
    expect(stderr).toContain(words)
  })

  it('says so when a log breaks off in the middle', async () => {
    const packed = gzipSync(stolenAccount())
    const broken = await aFile('access.log.gz', packed.subarray(0, packed.length / 2))
    const { exitCode, stderr } = await runAgent([...JSON_LINES, broken])
    expect(exitCode).toBe(2)
    expect(stderr).toContain('Stopped before the end: unexpected end of file')
  })
})
