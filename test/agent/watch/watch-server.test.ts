import { statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createSystemTimers } from '../../../agent/time/system-time.ts'
import type { Timers } from '../../../agent/time/timers.ts'
import { followFlags } from '../../../agent/verdicts/follow-flags.ts'
import { createFlagBook, type FlagBook } from '../../../agent/watch/flag-book.ts'
import { createWatchServer, listenWatch } from '../../../agent/watch/watch-server.ts'
import type { WatchStatus } from '../../../agent/watch/watch-status.ts'
import type { Flag, FlagLine } from '../../../rules/reports/flag.ts'
import { leaveStaleSocket } from '../../support/stale-socket.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { until } from '../../support/until.ts'

const FLAG: Flag = {
  kind: 'flag',
  at: '2026-03-02T01:00:00.000Z',
  account: '01234_BV',
  facility: '01234',
  rule: 'absolute',
  action: 'suspend',
  requests: 321,
  subjects: 0,
  sources: ['14.225.0.7'],
  evidence: { vi: 'v', en: 'e' },
  until: '2026-03-02T01:30:00.000Z',
}
const STATUS: WatchStatus = {
  startedAt: '2026-03-02T01:00:00.000Z',
  isReady: false,
  logs: [
    {
      path: '/var/log/a.log',
      format: 'nginx-json',
      isThere: true,
      lines: 10,
      requests: 8,
      unnamed: 0,
      faults: { NOT_JSON: 2 },
      readBytes: 1000,
      behindBytes: 5,
      lagMs: 1500,
      newestLineAt: null,
      lostBytes: 3,
      losses: 1,
      rotations: 2,
      truncations: 1,
    },
  ],
  accounts: { held: 4, evicted: 1, late: 0, top: [] },
  flags: { live: 1, listeners: 0 },
  shadows: [{ rule: 'shared', actions: { watch: 7, throttle: 0, suspend: 0 }, accounts: 5 }],
  faults: [],
}

/** Timers that fire when the test says so. */
function createHandTimers(): Timers & { fire(): void } {
  const jobs = new Set<() => void>()
  return {
    after(_delayMs, job) {
      jobs.add(job)
      return {
        [Symbol.dispose]: () => {
          jobs.delete(job)
        },
      }
    },
    cron: () => ({ [Symbol.dispose]: () => undefined }),
    fire() {
      for (const job of Array.from(jobs)) {
        jobs.delete(job)
        job()
      }
    },
  }
}

function aServer(flags: FlagBook = createFlagBook([], 60_000), timers: Timers = createSystemTimers(), status = STATUS) {
  const app = createWatchServer({ flags, readStatus: () => status, timers })
  onTestFinished(() => app.close())
  return app
}

/** Follows the flags as the agent does. */
function listen(socketPath: string) {
  const lines: FlagLine[] = []
  const refused: number[] = []
  const end = new AbortController()
  const listener = { onLine: (line: FlagLine) => lines.push(line), onRefused: (bytes: number) => refused.push(bytes) }
  const ended = followFlags(socketPath, listener, end.signal).catch((error: unknown) => error)
  onTestFinished(async () => {
    end.abort()
    await ended
  })
  const has = (count: number) => until(`${count} lines`, () => (lines.length >= count ? true : undefined), { everyMs: 5 })
  return { lines, refused, has, end, ended }
}

describe('GET /flags', () => {
  it('gives the agent all live flags, the end of the snapshot, then the news, and signs of life', async () => {
    const socketPath = join(await temporaryFolder(), 'watch.sock')
    const flags = createFlagBook([FLAG], 60_000)
    const timers = createHandTimers()
    await using _server = await listenWatch(aServer(flags, timers), socketPath)
    const { lines, refused, has } = listen(socketPath)
    await has(2)
    flags.expire(Date.parse('2026-03-02T01:30:00Z'))
    await has(3)
    timers.fire()
    await has(4)
    timers.fire()
    await has(5)
    expect(refused).toEqual([])
    expect(lines.map((line) => (line.kind === 'flag' ? line.action : line.kind))).toEqual([
      'suspend',
      'snapshot-end',
      'release',
      'alive',
      'alive',
    ])
    expect(lines[0]).toEqual(FLAG)
  })

  it('serves several listeners, and forgets those that left', async () => {
    const socketPath = join(await temporaryFolder(), 'watch.sock')
    const flags = createFlagBook([], 60_000)
    await using _server = await listenWatch(aServer(flags), socketPath)
    const [one, other] = [listen(socketPath), listen(socketPath)]
    await Promise.all([one.has(1), other.has(1)])
    expect(flags.listeners).toBe(2)
    one.end.abort()
    await until('one listener', () => (flags.listeners === 1 ? true : undefined), { everyMs: 5 })
  })

  it('is cut off when watch stops', async () => {
    const socketPath = join(await temporaryFolder(), 'watch.sock')
    const server = await listenWatch(aServer(), socketPath)
    const { has, ended } = listen(socketPath)
    await has(1)
    await server[Symbol.asyncDispose]()
    expect(await ended).toMatchObject({ code: 'WATCH_AWAY' })
  })
})

describe('the other routes', () => {
  it('answer health, readiness and status from memory', async () => {
    const app = aServer()
    expect((await app.inject('/healthz')).json()).toEqual({ status: 'alive' })
    const notReady = await app.inject('/readyz')
    expect([notReady.statusCode, notReady.json()]).toEqual([503, { status: 'catching-up' }])
    expect((await aServer(undefined, undefined, { ...STATUS, isReady: true }).inject('/readyz')).statusCode).toBe(200)
    expect((await app.inject('/status')).json()).toEqual(STATUS)
  })

  it('give the metrics of every log', async () => {
    const { body, headers } = await aServer().inject('/metrics')
    expect(headers['content-type']).toContain('text/plain')
    expect(body.split('\n').filter((line) => line.startsWith('edgeward_watch_log'))).toEqual([
      'edgeward_watch_log_lines_total{log="/var/log/a.log"} 10',
      'edgeward_watch_log_requests_total{log="/var/log/a.log"} 8',
      'edgeward_watch_log_unnamed_total{log="/var/log/a.log"} 0',
      'edgeward_watch_log_read_bytes_total{log="/var/log/a.log"} 1000',
      'edgeward_watch_log_lost_bytes_total{log="/var/log/a.log"} 3',
      'edgeward_watch_log_losses_total{log="/var/log/a.log"} 1',
      'edgeward_watch_log_rotations_total{log="/var/log/a.log"} 2',
      'edgeward_watch_log_truncations_total{log="/var/log/a.log"} 1',
      'edgeward_watch_log_behind_bytes{log="/var/log/a.log"} 5',
      'edgeward_watch_log_lag_seconds{log="/var/log/a.log"} 1.5',
      'edgeward_watch_log_there{log="/var/log/a.log"} 1',
      'edgeward_watch_log_unread_lines_total{log="/var/log/a.log",code="NOT_JSON"} 2',
    ])
    expect(body).toContain('\nedgeward_watch_accounts_evicted 1\n')
  })

  it.each([
    ['POST', '/flags', 405],
    ['PUT', '/status', 405],
    ['DELETE', '/flags', 405],
    ['PATCH', '/nowhere', 405],
    ['OPTIONS', '/status', 405],
    ['GET', '/nowhere', 404],
    ['GET', '/flags/01234_BV', 404],
    ['HEAD', '/flags', 404],
  ] as const)('change nothing: %s %s is %i', async (method, url, statusCode) => {
    expect((await aServer().inject({ method, url })).statusCode).toBe(statusCode)
  })
})

describe('listenWatch', () => {
  it('lets only owner and group at the socket', async () => {
    const socketPath = join(await temporaryFolder(), 'watch.sock')
    await using _server = await listenWatch(aServer(), socketPath)
    expect(statSync(socketPath).mode & 0o777).toBe(0o660)
  })

  it('does not start beside another one, but takes over from one that crashed', async () => {
    const socketPath = join(await temporaryFolder(), 'watch.sock')
    await leaveStaleSocket(socketPath)
    await using _server = await listenWatch(aServer(), socketPath)
    await expect(listenWatch(aServer(), socketPath)).rejects.toMatchObject({ code: 'WATCH_SOCKET_IN_USE' })
    expect(statSync(socketPath).isSocket()).toBe(true)
  })

  it('says so when it cannot listen', async () => {
    await expect(listenWatch(aServer(), '/nowhere/at/all/watch.sock')).rejects.toMatchObject({ code: 'WATCH_SOCKET_UNUSABLE' })
  })
})
