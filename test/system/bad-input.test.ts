/** What a user gets for input that is wrong: a clear word, an exit code, and nothing lost. */
import { writeFile } from 'node:fs/promises'
import t from 'tap'
import { makeGarbage, makeLogLine } from '../support/log-lines.ts'
import { runOwn } from '../support/run-own.ts'
import { createSeeded } from '../support/seeded.ts'
import { createWorkDir } from '../support/work-dir.ts'

const MEGABYTE = 1_048_576
const LINE_FEED = Buffer.from('\n')

await t.test('agent check-config names three faults at once, each by path, line and column', async (t) => {
  await using folder = await createWorkDir('ew-bad-config')
  const file = folder.file('agent.yaml')
  const faulty = `name: Edge_One
control:
  url: https://control.example
  timeoutMs: soon
management:
  prefixes: none
pul:
  schedule: '* * * * *'
`
  await writeFile(file, faulty)
  const { exitCode, stdout, stderr } = await runOwn('agent/main.ts', ['check-config', '--config', file])
  t.equal(exitCode, 2)
  t.equal(stdout, '', 'words go to standard error')
  t.match(stderr, /1:7\b.*\bname\b/, 'a name that is no DNS label')
  t.match(stderr, /4:14\b.*control\.timeoutMs/, 'a word where a number belongs')
  t.match(stderr, /[78]:\d+.*\bpul\b/, 'a key that is no option')
  t.match(stderr, /\bname\b[\s\S]*\btimeoutMs\b[\s\S]*\bpul\b/, 'in the order of the file')
  await writeFile(
    file,
    ['name: edge-1', 'control:', '  url: ftp://control.example', 'management:', '  prefixes: none', ''].join('\n'),
  )
  const second = await runOwn('agent/main.ts', ['check-config', '--config', file])
  t.equal(second.exitCode, 2)
  t.match(second.stderr, /3:8\b.*control\.url/, 'a URL that nobody can ask')
  await writeFile(
    file,
    ['name: edge-1', 'control:', '  url: https://control.example', 'management:', '  prefixes: none', ''].join('\n'),
  )
  const right = await runOwn('agent/main.ts', ['check-config', '--config', file])
  t.equal(right.exitCode, 0, right.stderr)
})

await t.test(
  'agent parse answers every line of a log with garbage and a line of a megabyte, and reads the good ones',
  async (t) => {
    const seeded = createSeeded(1)
    const good = (second: number) =>
      Buffer.from(
        makeLogLine({
          at: new Date(Date.UTC(2026, 0, 5, 3, 0, second)),
          ip: '14.225.0.7',
          account: '01234_BV',
          subject: `s${second}`,
        }),
      )
    const lines = [
      good(0),
      makeGarbage(4096, seeded),
      good(1),
      Buffer.concat([Buffer.from('{"at":"2026-01-05T03:00:02Z","uri":"'), Buffer.alloc(MEGABYTE, 'a'), Buffer.from('"}')]),
      good(3),
      makeGarbage(MEGABYTE, seeded),
      Buffer.from(''),
      Buffer.from('{"at":"2026-01-05T03:00:02Z","ip":"14.225.0.7"'),
      good(4),
    ]
    const input = Buffer.concat(lines.flatMap((line) => [line, LINE_FEED]))
    const { exitCode, stdout, stderr } = await runOwn('agent/main.ts', ['parse', '--format', 'nginx-json', '--explain'], {
      input,
    })
    t.equal(exitCode, 0)
    const answers = stdout.trimEnd().split('\n')
    t.equal(answers.length, lines.length, 'a line each')
    const read = [0, 2, 4, 8]
    for (const [number, answer] of answers.entries()) {
      if (read.includes(number))
        t.match(JSON.parse(answer), { ip: '14.225.0.7', account: '01234_BV', class: 'lookup' }, `line ${number + 1}`)
      else t.equal(answer, 'null', `line ${number + 1}`)
    }
    t.match(stderr, /line 4: not read: LINE_TOO_LONG/, '--explain says why')
    t.notMatch(stderr, /[^\n\x20-\x7e\u00a0-\uffff]/, 'no control character of the log reaches the terminal')
  },
)

await t.test('agent replay finds the harvest in a log with garbage and lines of a megabyte', async (t) => {
  await using folder = await createWorkDir('ew-bad-log')
  const seeded = createSeeded(2)
  const file = folder.file('access.log')
  const pieces: Uint8Array[] = []
  const lookups = 600
  for (let number = 0; number < lookups; number++) {
    const at = new Date(Date.UTC(2026, 0, 5, 3, 0, 0) + number * 40)
    const line = makeLogLine({ at, ip: '14.225.0.9', account: '04321_BV', subject: seeded.digits(32) })
    pieces.push(Buffer.from(line), LINE_FEED)
    if (number % 50 === 0) pieces.push(makeGarbage(2048, seeded), LINE_FEED)
    if (number % 200 === 100) pieces.push(Buffer.alloc(MEGABYTE, 'x'), LINE_FEED)
  }
  await writeFile(file, Buffer.concat(pieces))
  const { exitCode, stdout, stderr } = await runOwn('agent/main.ts', ['replay', '--format', 'nginx-json', '--json', file])
  t.equal(exitCode, 0, stderr)
  const verdicts = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { account: string; action: string; requests: number })
  t.match(verdicts[0], { account: '04321_BV', action: 'suspend' })
  t.ok((verdicts[0]?.requests ?? 0) <= 350, 'after at most 350 look-ups')
  t.match(stderr, /\b15\b/, 'the lines that could not be read are counted: 12 of garbage, 3 of a megabyte')
})
