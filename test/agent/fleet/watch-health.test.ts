import { once } from 'node:events'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createFleetWatch, type ToldFault } from '../../../agent/fleet/fleet-watch.ts'
import { keepWatchHealth } from '../../../agent/fleet/watch-health.ts'
import { createStatusBoard } from '../../../agent/status/status-board.ts'
import { createStatusMetrics } from '../../../agent/status/status-metrics.ts'
import { statusPage } from '../../../agent/status/status-page.ts'
import { statusWords } from '../../../agent/status/status-words.ts'
import { createSystemTimers } from '../../../agent/time/system-time.ts'
import { WatchLinkError } from '../../../agent/verdicts/watch-link-error.ts'
import { createFakeLog } from '../../fakes/fake-log.ts'
import { createFakeTime } from '../../fakes/fake-time.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { until } from '../../support/until.ts'

const NOW_MS = Date.UTC(2026, 10, 22, 1)
const SINCE = '2026-11-21T22:00:00.000Z'
const IDENTITY = { name: 'edge-1', agentVersion: '1', localHold: false, backend: { name: 'nft', reason: '' } }
const LOG_FAULT: ToldFault = { code: 'LOG_UNREADABLE', message: 'Cannot read "/var/log/nginx/edgeward.log"', since: SINCE }
const GATE_FAULT: ToldFault = { code: 'GATE_SOCKET_UNUSABLE', message: 'Cannot listen', since: '' }
const AWAY = new WatchLinkError('WATCH_AWAY', 'Cannot ask watch')

function scene() {
  const time = createFakeTime(NOW_MS)
  const board = createStatusBoard(IDENTITY, time)
  const stopping = new AbortController()
  const log = createFakeLog()
  let answer: (signal: AbortSignal) => Promise<readonly ToldFault[]> = async () => []
  let asked = 0
  const watch = {
    faults(signal: AbortSignal) {
      asked += 1
      return answer(signal)
    },
  }
  const keep = () => keepWatchHealth({ watch, board, timers: time, log }, stopping.signal)
  const codes = () => board.read().faults.map(({ area, code, since }) => `${area} ${code} ${since}`)
  return {
    time,
    board,
    keep,
    codes,
    stop: () => stopping.abort(),
    answers: (come: typeof answer): void => {
      answer = come
    },
    get asked() {
      return asked
    },
  }
}

describe('keepWatchHealth', () => {
  it('shows what watch and its gate say of themselves, as long as they say it', async () => {
    const { time, keep, codes, answers } = scene()
    answers(async () => [LOG_FAULT, GATE_FAULT])
    using _kept = keep()
    await time.advance(0)
    expect(codes()).toEqual([`watch LOG_UNREADABLE ${SINCE}`, `gate GATE_SOCKET_UNUSABLE ${new Date(NOW_MS).toISOString()}`])
    answers(async () => [])
    await time.advance(10_000)
    expect(codes()).toEqual([])
  })

  it('takes a restart for none, and a watch that stays away for a fault of its own, in place of what it said before', async () => {
    const { time, keep, codes, answers } = scene()
    answers(async () => [LOG_FAULT])
    using _kept = keep()
    await time.advance(0)
    answers(() => Promise.reject(AWAY))
    await time.advance(20_000)
    expect(codes()).toEqual([`watch LOG_UNREADABLE ${SINCE}`])
    await time.advance(40_000)
    expect(codes()).toEqual([`watch WATCH_AWAY ${new Date(NOW_MS + 30_000).toISOString()}`])
    answers(async () => [])
    await time.advance(10_000)
    expect(codes()).toEqual([])
  })

  it('waits for no watch that is stuck: each question is given up, none is asked beside another', async () => {
    const lab = scene()
    lab.answers(
      (signal) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
    )
    using _kept = lab.keep()
    await lab.time.advance(4000)
    expect(lab.asked).toBe(1)
    await lab.time.advance(21_000)
    expect(lab.asked).toBe(3)
    expect(lab.board.read().faults).toMatchObject([
      { area: 'watch', code: 'WATCH_AWAY', message: expect.stringContaining('5 s') },
    ])
  })

  it('says nothing of an end, and asks no more after it', async () => {
    const lab = scene()
    lab.answers(() => Promise.reject(AWAY))
    const kept = lab.keep()
    lab.stop()
    await lab.time.advance(60_000)
    kept[Symbol.dispose]()
    await lab.time.advance(60_000)
    expect([lab.asked, lab.codes()]).toEqual([1, []])
  })

  it('tells them on every face of the status, with what to do, and nothing that could be more than words', async () => {
    const { time, board, keep, answers } = scene()
    answers(async () => [LOG_FAULT, { ...GATE_FAULT, message: '<b>x' }])
    using _kept = keep()
    await time.advance(0)
    const words = statusWords(board.read())
    expect(words).toContain(
      'FAULT watch: Cannot read "/var/log/nginx/edgeward.log"\n      LOG_UNREADABLE, since 3 h ago\n      → Accounts of',
    )
    expect(words).toContain('FAULT gate: <b>x')
    const page = statusPage(board.read())
    expect(page).toContain('Tài khoản trong nhật ký ấy không được đếm.')
    expect(page).toContain('Proxies cannot ask the gate.')
    expect(page).not.toContain('<b>')
    const metrics = await createStatusMetrics(() => board.read()).metrics()
    expect(metrics).toContain('edgeward_agent_fault{area="gate",code="GATE_SOCKET_UNUSABLE"} 1')
  })
})

describe('createFleetWatch on faults', () => {
  const served = async (body: string) => {
    const socket = join(await temporaryFolder(), 'watch.sock')
    const server = createServer((request, response) => response.writeHead(request.url === '/status' ? 200 : 404).end(body))
    server.listen(socket)
    await once(server, 'listening')
    return {
      socket,
      async [Symbol.asyncDispose]() {
        server.close()
        await once(server, 'close')
      },
    }
  }
  const NEVER = new AbortController().signal

  it('takes what is said of them without control characters and identifiers, bounded, and with times that are some', async () => {
    const message = `x\u001b[2J\n${'0'.repeat(12)} ${'y'.repeat(2000)}`
    const faults = Array.from({ length: 40 }, () => ({ code: 'UNEXPECTED', message, since: 'yesterday', more: 1 }))
    await using watch = await served(JSON.stringify({ faults, startedAt: 'x' }))
    const told = (await createFleetWatch(watch.socket).faults?.(NEVER)) ?? []
    expect(told).toHaveLength(32)
    expect(told[0]?.since).toBe('')
    expect(told[0]?.message).toMatch(/^x \[2J •{12} y{900,}$/)
    expect(told[0]?.message.length).toBeLessThanOrEqual(1000)
  })

  it.each([
    '',
    '{}',
    '{"faults":[{"code":"a b","message":"x","since":""}]}',
    '{"faults":[{"code":"<B>","message":"","since":""}]}',
  ])('refuses %j for an answer', async (body) => {
    await using watch = await served(body)
    await expect(createFleetWatch(watch.socket).faults?.(NEVER)).rejects.toMatchObject({ code: 'WATCH_ANSWER' })
  })

  it('gives a watch up that answers drop by drop', async () => {
    const socket = join(await temporaryFolder(), 'watch.sock')
    const server = createServer((_request, response) => {
      response.writeHead(200)
      const dripping = setInterval(() => response.write(' '), 20)
      response.once('close', () => clearInterval(dripping))
    })
    server.listen(socket)
    await once(server, 'listening')
    const timers = createSystemTimers()
    const board = createStatusBoard(IDENTITY, { nowMs: () => NOW_MS })
    const stopping = new AbortController()
    const given: string[] = []
    const quick = { ...timers, after: (ms: number, job: () => void) => timers.after(ms / 100, job) }
    const watch = createFleetWatch(socket)
    const faults = (signal: AbortSignal): Promise<readonly ToldFault[]> =>
      (watch.faults?.(signal) ?? Promise.resolve([])).catch((error: Error) => {
        given.push(error.name)
        throw error
      })
    using _kept = keepWatchHealth({ watch: { faults }, board, timers: quick, log: createFakeLog() }, stopping.signal)
    await until('three questions given up', () => board.read().faults[0]?.code)
    expect(given.slice(0, 3)).toEqual(['WatchLinkError', 'WatchLinkError', 'WatchLinkError'])
    stopping.abort()
    server.close()
    server.closeAllConnections()
  })
})
