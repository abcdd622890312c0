import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { parse, stringify } from 'yaml'
import { aFlag, createFakeWatch } from '../../fakes/fake-watch.ts'
import { runAgent, runAgentUntil } from '../../support/run-agent.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { until } from '../../support/until.ts'

const WHY = 'night shift cannot reach the portal'

/** The config of an edge that lets management in alone, and the agent that runs with it. */
async function anEdge(more: object = {}) {
  const folder = await temporaryFolder()
  const file = join(folder, 'agent.yaml')
  const config = {
    name: 'edge-1',
    stateDir: join(folder, 'state'),
    control: { url: 'http://127.0.0.1:9' },
    management: { prefixes: ['198.18.5.0/24'] },
    firewall: { backend: 'dry-run', beforeFirstList: 'closed' },
    status: { socket: join(folder, 'agent.sock') },
    watch: { socket: join(folder, 'watch.sock') },
    ...more,
  }
  await writeFile(file, stringify(config))
  const agent = (...args: string[]) => runAgent([...args, '--config', file])
  const start = async (): Promise<void> => {
    const stopping = new AbortController()
    const running = runAgentUntil(stopping.signal, ['run', '--config', file])
    onTestFinished(async () => {
      stopping.abort()
      await running
    })
    await until('the agent answers', async () => ((await agent('status')).exitCode === 0 ? true : undefined))
  }
  return { folder, file, agent, start }
}

describe('agent break-glass and why', () => {
  it('lets a source in, lists it, tells why, and shuts it out again', async () => {
    const { agent, start } = await anEdge()
    await start()
    expect(await agent('why', '20.0.0.9')).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('bị từ chối') })
    const opened = await agent('break-glass', 'open', '20.0.0.9', '--for', '1h', '--why', WHY)
    expect(opened).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^[0-9a-f]{16}\n$/) })
    const id = opened.stdout.trim()
    expect(JSON.parse((await agent('why', '20.0.0.9', '--json')).stdout)).toMatchObject({
      isLetIn: true,
      by: 'break-glass',
      opening: { id, why: WHY },
    })
    expect((await agent('break-glass', 'list')).stdout).toContain(`${id}\t20.0.0.9\t`)
    expect((await agent('status')).stdout).toContain('LET IN BY HAND')
    expect((await agent('break-glass', 'close', id)).exitCode).toBe(0)
    expect((await agent('why', '20.0.0.9')).exitCode).toBe(1)
    expect((await agent('why', '198.18.5.9')).exitCode).toBe(0)
  })

  it.each<[string, string[], number, string]>([
    ['the whole internet', ['open', '0.0.0.0/0', '--for', '1h', '--why', WHY], 1, 'OPENING_TOO_WIDE'],
    ['ten years', ['open', '20.0.0.9', '--for', '87600h', '--why', WHY], 1, 'OPENING_TOO_LONG'],
    ['no time', ['open', '20.0.0.9', '--why', WHY], 2, '--for'],
    ['for ever', ['open', '20.0.0.9', '--for', 'ever', '--why', WHY], 2, '--for'],
    ['no reason', ['open', '20.0.0.9', '--for', '1h'], 1, 'OPENING_NO_REASON'],
    ['a name', ['open', 'desk.example', '--for', '1h', '--why', WHY], 1, 'HOST_NAME'],
    ['nothing', [], 2, 'Say open'],
    ['an unknown id', ['close', 'f'.repeat(16)], 1, 'ORDER_UNKNOWN'],
    ['a reason without quotes', ['open', '20.0.0.9', '--for', '1h', '--why', 'night', 'shift'], 2, 'quotes'],
  ])('%s is refused and writes nothing', async (_what, args, exitCode, words) => {
    const { agent } = await anEdge()
    const outcome = await agent('break-glass', ...args)
    expect([outcome.exitCode, outcome.stdout]).toEqual([exitCode, ''])
    expect(outcome.stderr).toContain(words)
    expect((await agent('break-glass', 'list')).stdout).toBe('')
  })

  it('is forbidden where the config says so, and at most so many are open', async () => {
    const none = await anEdge({ breakGlass: { maxHours: 0 } })
    expect((await none.agent('break-glass', 'open', '20.0.0.9', '--for', '1h', '--why', WHY)).stderr).toContain(
      'OPENING_FORBIDDEN',
    )
    const one = await anEdge({ breakGlass: { maxOpen: 1 } })
    await one.start()
    expect((await one.agent('break-glass', 'open', '20.0.0.9', '--for', '1h', '--why', WHY)).exitCode).toBe(0)
    expect((await one.agent('break-glass', 'open', '20.0.0.8', '--for', '1h', '--why', WHY)).stderr).toContain('OPENING_TOO_MANY')
  })

  it('waits in its file where no agent runs, and says so', async () => {
    const { agent, start } = await anEdge()
    const outcome = await agent('break-glass', 'open', '20.0.0.9', '--for', '1h', '--why', WHY)
    expect(outcome).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('no agent runs') })
    await start()
    await until('it is carried out', async () => ((await agent('why', '20.0.0.9')).exitCode === 0 ? true : undefined))
  })

  it('cannot be written where the folder is somebody else’s', async () => {
    const { agent, folder } = await anEdge()
    await mkdir(join(folder, 'state'))
    await writeFile(join(folder, 'state', 'orders'), 'no folder')
    expect((await agent('break-glass', 'list')).stderr).toContain('ORDERS_UNREADABLE')
    expect((await agent('break-glass', 'open', '20.0.0.9', '--for', '1h', '--why', WHY)).exitCode).toBe(1)
  })
})

describe('agent why', () => {
  it('of an account tells its live flags, or that there are none', async () => {
    const { agent, folder } = await anEdge()
    expect((await agent('why', '01234_BV')).stderr).toContain('WATCH_AWAY')
    await using watch = await createFakeWatch(join(folder, 'watch.sock'), {
      accounts: { top: [{ account: '01234_BV', lookups1m: 7, lookups1h: 70, lookups24h: 700 }] },
    })
    const calm = await agent('why', '01234_bv')
    expect(calm).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('70 within 1 hour') })
    watch.flag(aFlag({ account: '01234_BV' }))
    const flagged = await agent('why', '01234_bv')
    expect(flagged).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('350 lượt tra cứu') })
  })

  it.each([
    [['why'], 'Name one'],
    [['why', '20.0.0.0/8'], 'one address'],
    [['why', '1.2.3'], 'OCTET_COUNT'],
  ])('%j is wrong usage', async (args, words) => {
    const { exitCode, stderr } = await runAgent(args)
    expect([exitCode, stderr.includes(words)]).toEqual([2, true])
  })
})

describe('agent release', () => {
  it('asks which and why', async () => {
    const { agent } = await anEdge()
    expect((await agent('release')).exitCode).toBe(2)
    expect((await agent('release', '413')).exitCode).toBe(2)
    expect((await agent('release', '413', '--why', 'the backend is repaired')).stderr).toContain('as soon as it runs')
  })
})

it('a second agent with the same state and another socket is kept out', async () => {
  const { start, folder, file } = await anEdge()
  await start()
  const other = join(folder, 'other.yaml')
  const config = parse(await readFile(file, 'utf8')) as Record<string, unknown>
  await writeFile(other, stringify({ ...config, status: { socket: join(folder, 'other.sock') } }))
  expect(await runAgent(['run', '--config', other])).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('STATE_IN_USE'),
  })
})
