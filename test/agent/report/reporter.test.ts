import { Value } from 'typebox/value'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ControlLinkError } from '../../../agent/control/control-link-error.ts'
import { buildReport } from '../../../agent/report/build-report.ts'
import { createHostFacts } from '../../../agent/report/host-facts.ts'
import { createReporter } from '../../../agent/report/reporter.ts'
import { createStatusBoard } from '../../../agent/status/status-board.ts'
import { AgentReport } from '../../../rules/reports/agent-report.ts'
import { createFakeControlClient } from '../../fakes/fake-control-client.ts'
import { createFakeLog } from '../../fakes/fake-log.ts'
import { createFakeTime, settle } from '../../fakes/fake-time.ts'
import { aStatus } from '../../support/agent-status.ts'

const host = {
  hostname: 'edge-1',
  os: '',
  kernel: '',
  cpus: 1,
  memoryBytes: 1,
  freeMemoryBytes: 1,
  load1: 0,
  uptimeS: 1,
  agentRssBytes: 1,
}

function aReport(revision: number): AgentReport {
  return buildReport(aStatus({ inForce: { revision, digest: 'a'.repeat(64), mode: 'enforce' } }), host)
}

function aScene(onTaken: () => Promise<void> = async () => {}) {
  const client = createFakeControlClient()
  const time = createFakeTime(Date.UTC(2024, 6, 27))
  const log = createFakeLog()
  const identity = { name: 'edge-1', agentVersion: '0.1.0', localHold: false, backend: { name: 'fake', reason: '' } }
  const board = createStatusBoard(identity, time)
  const stopping = new AbortController()
  const reporter = createReporter({ client, board, log, timers: time, random: () => 0.5, signal: stopping.signal, onTaken })
  onTestFinished(() => stopping.abort())
  return { client, time, board, reporter, revisions: () => client.posted.map(({ body }) => (body as AgentReport).revision) }
}

describe('createReporter', () => {
  it('sends a report and notes when', async () => {
    const { reporter, revisions, board } = aScene()
    reporter.submit(aReport(412))
    await reporter.idle()
    expect(revisions()).toEqual([412])
    expect(board.read()).toMatchObject({ lastReportAt: aReport(412).at, faults: [] })
  })

  it('notes it only once what follows from it is done', async () => {
    const follows = Promise.withResolvers<void>()
    const { reporter, board, client } = aScene(() => follows.promise)
    reporter.submit(aReport(412))
    await settle()
    expect([client.posted.length, board.read().lastReportAt]).toEqual([1, null])
    follows.resolve()
    await reporter.idle()
    expect(board.read().lastReportAt).toBe(aReport(412).at)
  })

  it('keeps only the latest while the control API is away, and sends it when it is back', async () => {
    const { client, reporter, revisions, board, time } = aScene()
    client.failPosts(new ControlLinkError('CONTROL_UNREACHABLE', 'away'))
    reporter.submit(aReport(412))
    await settle()
    reporter.submit(aReport(413))
    reporter.submit(aReport(414))
    await time.advance(60_000)
    expect(board.read().faults).toMatchObject([{ area: 'report', code: 'CONTROL_UNREACHABLE' }])
    client.failPosts(undefined)
    await time.advance(300_000)
    expect(revisions()).toEqual([414])
    expect(board.read().faults).toEqual([])
  })

  it('waits as long as it was asked to', async () => {
    const { client, reporter, revisions, time } = aScene()
    client.failPosts(new ControlLinkError('CONTROL_BUSY', 'busy', { status: 429, retryAfterMs: 600_000 }))
    reporter.submit(aReport(412))
    await settle()
    client.failPosts(undefined)
    reporter.submit(aReport(413))
    await time.advance(599_000)
    expect(revisions()).toEqual([])
    await time.advance(10_000)
    expect(revisions()).toEqual([413])
  })
})

describe('buildReport', () => {
  it('fits the schema before anything is in force', () => {
    const report = buildReport(aStatus({ inForce: null, list: null }), host)
    expect(Value.Errors(AgentReport, report)).toEqual([])
    expect(report).toMatchObject({ revision: 0, digest: '', mode: 'observe', fault: null })
  })

  it('fits the schema at its fullest, and tells the fault of the pass first', () => {
    const sources = Array.from({ length: 300 }, (_, i) => ({ address: `20.0.${i >> 8}.${i & 255}`, packets: i }))
    const fault = (area: string, code: string) => ({ area, code, message: 'm'.repeat(1000), since: '2024-07-27T03:00:00.000Z' })
    const status = aStatus({
      refused: { at: null, sources, total: { sources: 0, isFull: false, unlistedPackets: 0 } },
      faults: [
        fault('memory', 'STATE_UNWRITABLE'),
        fault('pass', 'LIST_EMPTY'),
        ...Array.from({ length: 70 }, () => fault('gate', 'GATE_LIST_MISSING')),
      ],
    })
    const report = buildReport(status, host)
    expect(Value.Errors(AgentReport, report)).toEqual([])
    expect([report.refused.length, report.fault?.code, report.faults?.length]).toEqual([200, 'LIST_EMPTY', 32])
  })

  it('tells what is wrong with watch beside, and never as a fault of the agent', () => {
    const since = '2024-07-27T03:00:00.000Z'
    const faults = [
      { area: 'watch', code: 'WATCH_AWAY', message: 'm', since },
      { area: 'gate', code: 'GATE_KEY_UNUSABLE', message: 'm', since },
    ]
    expect(buildReport(aStatus({ faults }), host)).toMatchObject({ fault: null, faults })
  })
})

describe('createHostFacts', () => {
  it('gives facts that a report takes', async () => {
    const facts = await createHostFacts().read()
    expect(Value.Errors(AgentReport.properties.host, facts)).toEqual([])
    expect(facts.cpus).toBeGreaterThan(0)
  })
})
