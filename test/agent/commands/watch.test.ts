import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { runCli } from '../../../agent/commands/cli.ts'
import { runAgent } from '../../support/run-agent.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const SERVICE = 'name: edge-1\ncontrol: {url: "https://control.example"}\nmanagement: {prefixes: none}\n'

async function aConfig(watch: (folder: string) => string) {
  const folder = await temporaryFolder()
  const path = join(folder, 'agent.yaml')
  writeFileSync(path, SERVICE + watch(folder))
  return { folder, path }
}

function watchPart(folder: string, more = ''): string {
  return `watch: {logs: [{path: ${folder}/a.log, format: combined}], socket: ${folder}/w.sock, stateDir: ${folder}/state${more}}\n`
}

describe('agent watch', () => {
  it('works until it is told to stop', async () => {
    const { path } = await aConfig(watchPart)
    const stop = new AbortController()
    const stdout = new PassThrough()
    const log: { msg: string }[] = []
    stdout.on('data', (line: Buffer) => {
      log.push(JSON.parse(String(line)) as { msg: string })
      stop.abort()
    })
    const io = { stdin: Readable.from([]), stdout, stderr: new PassThrough(), signal: stop.signal, env: {} }
    expect(await runCli(['watch', '--config', path], io)).toBe(0)
    expect(log.map(({ msg }) => msg)).toEqual(['watch started', 'watch stopped'])
  })

  it('needs a log to follow or a gate to keep', async () => {
    const { path } = await aConfig(() => '')
    const { exitCode, stderr } = await runAgent(['watch', '--config', path])
    expect([exitCode, stderr.split('\n')[0]]).toEqual([
      2,
      'agent watch: Cannot watch nothing: the config names no log in watch.logs, no socket in watch.syslog and no gate in gate.socket',
    ])
  })

  it('names every fault of its config', async () => {
    const { path } = await aConfig(() => 'watch: {maxAccounts: 3, sokcet: /x}\n')
    const { exitCode, stderr } = await runAgent(['watch', '--config', path])
    expect(exitCode).toBe(2)
    expect(stderr).toContain(`${path}:4:22 watch.maxAccounts: must be >= 100, is 3 (WRONG_VALUE)`)
    expect(stderr).toContain('watch.sokcet: is not an option (UNKNOWN_KEY)')
  })

  it('names every bad row of its registrations', async () => {
    const { folder, path } = await aConfig((made) => watchPart(made, `, registrationsFile: ${made}/r.csv`))
    writeFileSync(join(folder, 'r.csv'), 'facility,address,dailyVisits\nx,,\n')
    const { exitCode, stderr } = await runAgent(['watch', '--config', path])
    expect(exitCode).toBe(2)
    expect(stderr).toContain('row 2: facility: must be five digits, is "x" (BAD_REGISTRATIONS)')
  })

  it('does not start beside another one with its state or its socket, and changes nothing of it', async () => {
    const { folder, path } = await aConfig(watchPart)
    const stop = new AbortController()
    const io = { stdin: Readable.from([]), stdout: new PassThrough(), stderr: new PassThrough(), signal: stop.signal, env: {} }
    const first = runCli(['watch', '--config', path], io)
    await once(io.stdout, 'data')
    const files = readdirSync(join(folder, 'state'))
    for (const [from, to, code] of [
      ['w.sock', 'other.sock', 'WATCH_STATE_IN_USE'],
      ['/state', '/other', 'WATCH_SOCKET_IN_USE'],
    ] as const) {
      writeFileSync(join(folder, 'second.yaml'), (SERVICE + watchPart(folder)).replace(from, to))
      const { exitCode, stderr } = await runAgent(['watch', '--config', join(folder, 'second.yaml')])
      expect([exitCode, stderr]).toEqual([1, expect.stringContaining(code)])
    }
    expect([existsSync(join(folder, 'other.sock')), readdirSync(join(folder, 'state'))]).toEqual([false, files])
    stop.abort()
    expect(await first).toBe(0)
  })

  it('says why it cannot start', async () => {
    const { folder, path } = await aConfig(watchPart)
    mkdirSync(join(folder, 'w.sock'))
    const { exitCode, stderr } = await runAgent(['watch', '--config', path])
    expect(exitCode).toBe(1)
    expect(stderr).toContain('(WATCH_SOCKET_UNUSABLE)')
  })
})
