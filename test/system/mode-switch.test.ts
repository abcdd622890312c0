/**
 * From observe to enforce at the date of the list, by the real agent on a real kernel: at the instant, after a restart, with wrong clocks, with an nft that is away just then,
 * and with a portal that fails after it. Dates lie minutes ahead, and the clock of the agent is moved to them: so no machine is too slow to see what holds before.
 */
import { rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import t from 'tap'
import { createMainJobLab } from '../support/main-job-lab.ts'
import { canMakeNetworks, EDGE_ADDRESS_6 } from '../support/netns.ts'
import { ROOT_FOLDER, startOwn } from '../support/place.ts'
import { DISPATCH, openAddress, seedRows } from '../support/seed-registrations.ts'
import type { Service } from '../support/service.ts'

const APPROVED = '14.225.1.10'
const STRANGER = '14.225.1.40'
const STRANGER_6 = '2400:9::9'
const BALANCER = '14.225.1.20'
const BALANCER_PORT = 8088
const DAY_MS = 86_400_000
const PATIENCE_MS = 120_000
/** How far ahead a date lies, and how far after the one before; central bears clocks that differ by 600 s. */
const AHEAD_MS = 200_000
const APART_MS = 60_000

t.setTimeout(290_000)
if (!canMakeNetworks()) {
  t.plan(0, 'needs root and ip(8)')
} else {
  await using lab = await createMainJobLab({
    clients: { approved: APPROVED, balancer: BALANCER, stranger: STRANGER },
    rows: [{ facility: '00901', block: APPROVED }, ...seedRows(60)],
    edge: { probe: { url: `http://${BALANCER}:${BALANCER_PORT}/`, timeoutMs: 2000, withinS: 4, attempts: 2 } },
    control: { agents: { clockSkewS: 600 } },
  })
  const { control, edge, network } = lab
  const folder = dirname(edge.configFile)
  const clockFile = join(folder, 'clock')
  const awayFile = join(folder, 'nft-is-away')
  const programs = join(folder, 'sbin')
  await network.edge.mustRun('install', ['-d', programs])
  await writeFile(join(programs, 'nft'), `#!/bin/sh\n[ ! -e ${awayFile} ] && exec /usr/sbin/nft "$@"\nexit 1\n`, { mode: 0o755 })
  await network.client('stranger').mustRun('ip', ['addr', 'add', `${STRANGER_6}/128`, 'dev', 'eth0', 'nodad'])
  await network.client('stranger').mustRun('ip', ['route', 'add', 'default', 'via', 'fe80::1', 'dev', 'eth0'])
  await network.edge.mustRun('ip', ['route', 'add', `${STRANGER_6}/128`, 'dev', 'to-stranger'])
  const setClock = (shiftMs: number) => writeFile(clockFile, String(shiftMs))
  await setClock(0)
  /** The clock of the agent says so from now on; with its next pass it sees. */
  const moveClockTo = (atMs: number) => setClock(atMs - Date.now())
  const dates = { lastMs: 0 }
  const nextDate = (): number => {
    dates.lastMs = Math.max(dates.lastMs + APART_MS, Date.now() + AHEAD_MS)
    return dates.lastMs
  }
  /** With a clock of its own, and an nft that can be taken away: each start has its own mounts (ip-netns(8)). */
  const startAgent = (): Service => {
    const place = {
      start: (file: string, args: readonly string[]) =>
        network.edge.start('sh', ['-c', 'mount --bind "$0" /usr/local/sbin && exec "$@"', programs, file, ...args], {
          cwd: ROOT_FOLDER,
          env: { SHIFTED_DATE_FILE: clockFile, NODE_OPTIONS: `--import=${join(ROOT_FOLDER, 'test/support/shifted-date.ts')}` },
        }),
    }
    return startOwn(place, 'agent run', 'agent/main.ts', ['run', '--config', edge.configFile])
  }
  await using balancer = startOwn(network.client('balancer'), 'the load balancer', 'test/support/meddling-proxy.ts', [
    BALANCER,
    String(BALANCER_PORT),
    lab.portalAddress,
    '80',
  ])
  await balancer.line(/^ready/)
  const publishDated = async (dateMs: number) => {
    const { revision } = await lab.publish({ mode: 'observe', enforceFrom: new Date(dateMs).toISOString() })
    return revision
  }
  const ask6 = async () => {
    const client = await lab.client('stranger')
    return client.probe({ kind: 'http', address: EDGE_ADDRESS_6, port: 80, from: STRANGER_6, timeoutMs: 20_000 })
  }
  const inForce = (revision: number, mode: string) =>
    edge.untilStatus(
      `revision ${revision}, ${mode}`,
      ({ inForce: now }) => now?.revision === revision && now.mode === mode,
      PATIENCE_MS,
    )
  const strangers = async () => [(await lab.ask('stranger', 80)).outcome, (await ask6()).outcome]
  const balancerId = await openAddress(control, '00902', BALANCER)

  const firstDate = nextDate()
  const first = await publishDated(firstDate)
  let agent = startAgent()
  t.teardown(() => {
    if (!t.passing()) t.comment(agent.lines.slice(-40).join('\n'))
  })

  await t.test('before its date strangers of both families pass and are listed; from its date on they are refused', async (t) => {
    await inForce(first, 'observe')
    t.same(await strangers(), ['passed', 'passed'])
    await moveClockTo(firstDate - 8000)
    const status = await inForce(first, 'enforce')
    t.ok(Date.parse(status.at) >= firstDate, 'not before its date')
    t.same(await strangers(), ['reset', 'reset'])
    t.match(await lab.ask('approved', 80), { outcome: 'passed' })
    await edge.untilStatus(
      'the portal was asked',
      ({ probe }) => probe?.isSwitch === true && probe.outcome === 'passed',
      PATIENCE_MS,
    )
    const seen = await edge.untilStatus(
      'both are listed',
      ({ refused }) => [STRANGER, STRANGER_6].every((one) => refused.sources.some(({ address }) => address === one)),
      PATIENCE_MS,
    )
    t.ok(seen.refused.at)
  })

  await t.test('a clock that goes back after central took a report does not open the door, also after a restart', async (t) => {
    await edge.untilStatus(
      'a report after the date',
      ({ lastReportAt }) => Date.parse(lastReportAt ?? '') > firstDate,
      PATIENCE_MS,
    )
    await agent.stop('SIGKILL')
    await setClock(-2 * DAY_MS)
    agent = startAgent()
    await edge.untilStatus('started', ({ faults }) => faults.some(({ code }) => code === 'CLOCK_BACK'), PATIENCE_MS)
    t.match((await edge.status()).inForce, { revision: first, mode: 'enforce' })
    t.same(await strangers(), ['reset', 'reset'])
  })

  await t.test('a date that passes while the agent is away: the kernel observes until the next start', async (t) => {
    await agent.stop('SIGKILL')
    await setClock(0)
    agent = startAgent()
    const dateMs = nextDate()
    const revision = await publishDated(dateMs)
    await inForce(revision, 'observe')
    await agent.stop('SIGKILL')
    await moveClockTo(dateMs + 1000)
    t.same(await strangers(), ['passed', 'passed'])
    agent = startAgent()
    await inForce(revision, 'enforce')
    t.same(await strangers(), ['reset', 'reset'])
  })

  await t.test('an nft that is away at the instant is told, and the switch is made as soon as it is back', async (t) => {
    const dateMs = nextDate()
    const revision = await publishDated(dateMs)
    await inForce(revision, 'observe')
    await edge.untilStatus(
      'its trial passed',
      ({ probe }) => probe?.revision === revision && probe.isSwitch !== true,
      PATIENCE_MS,
    )
    await writeFile(awayFile, '')
    await moveClockTo(dateMs)
    await edge.untilStatus('the fault', ({ faults }) => faults.some(({ area }) => area === 'mode'), PATIENCE_MS)
    t.same(await strangers(), ['passed', 'passed'])
    await rm(awayFile)
    await inForce(revision, 'enforce')
    await edge.untilStatus('no fault', ({ faults }) => !faults.some(({ area }) => area === 'mode'), PATIENCE_MS)
    t.same(await strangers(), ['reset', 'reset'])
  })

  await t.test('a clock that is ahead at a start switches too early, and back within a minute of being set right', async (t) => {
    const revision = await publishDated(Date.now() + DAY_MS)
    // Only what passed its trial is remembered, and central does not talk to a clock that is days off.
    await edge.untilStatus(
      'its trial passed',
      ({ probe }) => probe?.revision === revision && probe.outcome === 'passed',
      PATIENCE_MS,
    )
    await inForce(revision, 'observe')
    await agent.stop('SIGKILL')
    await setClock(2 * DAY_MS)
    agent = startAgent()
    await inForce(revision, 'enforce')
    await setClock(0)
    await inForce(revision, 'observe')
    t.same(await strangers(), ['passed', 'passed'])
  })

  await t.test('a portal that fails after the switch: the edge observes again, until a newer revision', async (t) => {
    const revoked = { dispatch: DISPATCH, reason: 'a slip of the pen' }
    await control.as('operator').post(`/v1/registrations/${balancerId}/revoke`, revoked)
    const dateMs = nextDate()
    const revision = await publishDated(dateMs)
    await inForce(revision, 'observe')
    await moveClockTo(dateMs)
    const status = await edge.untilStatus(
      'held back',
      ({ faults }) => faults.some(({ code }) => code === 'SWITCH_HELD_BACK'),
      PATIENCE_MS,
    )
    t.match(status, { inForce: { revision, mode: 'observe' }, probe: { outcome: 'went-back', isSwitch: true } })
    t.same(await strangers(), ['passed', 'passed'])
    await openAddress(control, '00904', BALANCER)
    const next = await publishDated(Date.now() - 1000)
    await inForce(next, 'enforce')
    t.same(await strangers(), ['reset', 'reset'])
    await edge.untilStatus('no fault', ({ faults }) => !faults.some(({ area }) => area === 'mode'), PATIENCE_MS)
  })
}
