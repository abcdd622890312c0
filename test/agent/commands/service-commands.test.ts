import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { stringify } from 'yaml'
import { listenStatus } from '../../../agent/status/listen-status.ts'
import { aStatus } from '../../support/agent-status.ts'
import { createControlAppSetup } from '../../support/control-app.ts'
import { runAgent, runAgentUntil } from '../../support/run-agent.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { until } from '../../support/until.ts'

async function configFile(more: object = {}): Promise<{ file: string; folder: string; socket: string }> {
  const folder = await temporaryFolder()
  const file = join(folder, 'agent.yaml')
  const socket = join(folder, 'agent.sock')
  const config = {
    name: 'edge-1',
    stateDir: join(folder, 'state'),
    control: { url: 'http://127.0.0.1:9' },
    management: { prefixes: 'none' },
    firewall: { backend: 'dry-run' },
    status: { socket },
    watch: { socket: join(folder, 'watch.sock') },
    ...more,
  }
  await writeFile(file, stringify(config))
  return { file, folder, socket }
}

describe('agent check-config', () => {
  it('says that a right file has no faults', async () => {
    const { file } = await configFile()
    expect(await runAgent(['check-config', '--config', file])).toEqual({
      exitCode: 0,
      stdout: `${file}: no faults\n`,
      stderr: '',
    })
  })

  it('prints all faults by path with line and column', async () => {
    const folder = await temporaryFolder()
    const file = join(folder, 'agent.yaml')
    await writeFile(
      file,
      'name: edge-1\ncontrol:\n  url: https://control.example\n  timeoutMs: soon\nmanagement: {prefixes: none}\npul: {}\n',
    )
    const { exitCode, stdout, stderr } = await runAgent(['check-config', '--config', file])
    expect([exitCode, stdout]).toEqual([2, ''])
    expect(stderr).toBe(
      `${file}:4:14 control.timeoutMs: must be integer, is "soon" (WRONG_VALUE)\n` +
        `${file}:6:6 pul: is not an option (UNKNOWN_KEY)\n2 faults in ${file}.\n`,
    )
  })

  it.each([
    [['check-config'], 'name it with --config'],
    [['check-config', '--config', '/nonexistent.yaml'], 'Cannot read the config'],
    [['check-config', '--conf', 'x'], '--conf'],
    [['check-config', 'stray'], 'stray'],
    [['enrol', '--config', 'x'], '--token-file'],
    [['status', '--socket', 'a', '--config', 'b'], 'name one'],
  ])('%j is wrong usage', async (args, words) => {
    const { exitCode, stderr } = await runAgent(args)
    expect(exitCode).toBe(2)
    expect(stderr).toContain(words)
    expect(stderr).toContain(`Try: agent ${args[0]} --help`)
  })
})

describe('agent print-config', () => {
  it('prints the config that holds, with the meaning of each option', async () => {
    const { file } = await configFile()
    const { exitCode, stdout } = await runAgent(['print-config', '--config', file])
    expect(exitCode).toBe(0)
    expect(stdout).toContain('# When to pull without a nudge: a cron expression in Asia/Ho_Chi_Minh.\n  schedule: "*/5 * * * *"')
  })

  it('prints the schema without a config', async () => {
    const { stdout } = await runAgent(['print-config', '--schema'])
    expect(JSON.parse(stdout)).toMatchObject({ required: ['name', 'control', 'management'], additionalProperties: false })
  })
})

describe('agent enrol', () => {
  it('enrols by a token on standard input and prints the agent’s id', async () => {
    const control = await createControlAppSetup()
    const url = await control.app.listen({ host: '127.0.0.1', port: 0 })
    const { token } = (
      await control.app.inject({ method: 'POST', url: '/v1/agents/tokens', headers: control.as.operator })
    ).json<{
      token: string
    }>()
    const { file } = await configFile({ control: { url } })
    const first = await runAgent(['enrol', '--config', file, '--token-file', '-'], `${token}\n`)
    expect(first).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^agent-[0-9a-f]{16}\n$/) })
    expect(first.stderr).not.toContain(token)
    const second = await runAgent(['enrol', '--config', file, '--token-file', '-'], token)
    expect(second).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('ALREADY_ENROLLED') })
  })

  it.each([
    ['a token that is none', 'x', 'TOKEN_MALFORMED'],
    ['a control API that is away', `${'a'.repeat(43)}.${'f'.repeat(32)}`, 'CONTROL_UNREACHABLE'],
  ])('refuses %s', async (_what, token, code) => {
    const { file } = await configFile()
    const { exitCode, stdout, stderr } = await runAgent(['enrol', '--config', file, '--token-file', '-'], token)
    expect([exitCode, stdout]).toEqual([1, ''])
    expect(stderr).toContain(code)
  })
})

describe('agent status', () => {
  it('tells in words or as JSON what the agent says', async () => {
    const { file, socket } = await configFile()
    const status = aStatus({ name: 'edge-7' })
    const listening = await listenStatus(() => status, socket, undefined)
    onTestFinished(() => listening[Symbol.asyncDispose]())
    const words = await runAgent(['status', '--config', file])
    expect(words).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('edge-7: enforcing revision 412; strangers are refused\n'),
    })
    const json = await runAgent(['status', '--json', '--socket', socket])
    expect(JSON.parse(json.stdout)).toEqual(status)
  })

  it('says what to do where nobody answers', async () => {
    const { exitCode, stdout, stderr } = await runAgent(['status', '--socket', '/nonexistent/agent.sock'])
    expect([exitCode, stdout]).toEqual([1, ''])
    expect(stderr).toContain('AGENT_AWAY')
    expect(stderr).toContain('journalctl -u edgeward-agent')
  })
})

describe('agent run', () => {
  it('offers its status, keeps a second agent out, and stops when it is told to', async () => {
    const { file, folder, socket } = await configFile()
    const stopping = new AbortController()
    const running = runAgentUntil(stopping.signal, ['run', '--config', file])
    await until('the status', async () => ((await runAgent(['status', '--socket', socket])).exitCode === 0 ? true : undefined), {
      everyMs: 10,
    })
    expect(await runAgent(['run', '--config', file])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('SOCKET_IN_USE'),
    })
    const { stdout } = await runAgent(['status', '--socket', socket])
    expect(stdout).toContain('edge-1: NOT GUARDING by a signed list')
    stopping.abort()
    const ended = await running
    expect(ended.exitCode).toBe(0)
    const messages = ended.stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { msg: string }).msg)
    expect(messages).toContain('agent started')
    expect(messages.at(-1)).toBe('agent stopped; the rules stay in force')
    await expect(readFile(join(folder, 'state/identity/identity.json'))).rejects.toThrow('ENOENT')
  })
})
