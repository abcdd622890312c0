import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { stringify } from 'yaml'
import { askSocket } from '../test/support/ask-socket.ts'
import { startOwn, THIS_HOST } from '../test/support/place.ts'
import { until } from '../test/support/until.ts'
import { createWorkDir } from '../test/support/work-dir.ts'
import { writeAccessLog } from './access-log.ts'
import type { BenchResult } from './bench-result.ts'
import { installAgent } from './installed-agent.ts'

const USERS = 200_000
const LINES = 1_000_000
const GOAL_MB = 200

/** What the whole process of `agent watch` takes, as its unit starts it, once it has read a log of 200,000 named users; text of Node and all. */
export async function benchWatchMemory(): Promise<readonly BenchResult[]> {
  await using folder = await createWorkDir('ew-watch-memory')
  writeAccessLog(folder.file('access.log'), { lines: LINES, seed: 2019, users: USERS })
  const socket = folder.file('watch.sock')
  const config = folder.file('agent.yaml')
  await writeFile(
    config,
    stringify({
      name: 'edge-1',
      stateDir: folder.file('agent'),
      control: { url: 'http://127.0.0.1:9' },
      firewall: { backend: 'nft' },
      management: { prefixes: 'none' },
      status: { socket: folder.file('agent.sock') },
      watch: {
        socket,
        stateDir: folder.file('watch'),
        logs: [{ path: folder.file('access.log'), format: 'nginx-json' }],
      },
    }),
  )
  const { script, options } = await installAgent(folder, 'watch')
  await using watch = startOwn(THIS_HOST, 'agent watch', script, ['watch', '--config', config], options)
  await until(
    'the log is read',
    async () => ((await askSocket<{ isReady: boolean }>(socket, '/status')).isReady ? true : undefined),
    { deadlineMs: 600_000, everyMs: 200 },
  )
  // What reading left behind is cleared away.
  await pause(3000)
  const status = readFileSync(`/proc/${watch.pid}/status`, 'utf8')
  const megabytes = (name: string): number =>
    Math.round(Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024)
  await watch.stop()
  return [
    ['memory of the whole process', megabytes('VmRSS')] as const,
    ['the most memory it had', megabytes('VmHWM')] as const,
  ].map(([what, ours]) => ({
    bench: 'watch-memory',
    case: `${what}, ${USERS} named users`,
    ours,
    limit: GOAL_MB,
    ratio: ours / GOAL_MB,
    unit: 'MB',
  }))
}
