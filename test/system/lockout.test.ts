/**
 * What keeps people from being locked out, with a real kernel and real packets: a revision that takes the portal's load balancer away is taken back, also after a kill in the
 * middle of its trial; the session of an administrator is not cut; a source let in by hand is shut out by the kernel itself when the agent is dead.
 */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { giveOrder } from '../../agent/orders/give-order.ts'
import { createMainJobLab } from '../support/main-job-lab.ts'
import { canMakeNetworks } from '../support/netns.ts'
import { startOwn } from '../support/place.ts'
import { runOwn } from '../support/run-own.ts'
import { DISPATCH, openAddress, seedRows } from '../support/seed-registrations.ts'
import { until } from '../support/until.ts'

const APPROVED = '14.225.1.10'
const BALANCER = '14.225.1.20'
const ADMIN = '14.225.1.30'
const STRANGER = '14.225.1.40'
const BALANCER_PORT = 8088
const OPEN_MS = 8000
/** Long enough for every retry of the agent; it decides nothing but how long a failure takes. */
const PATIENCE_MS = 120_000

t.setTimeout(290_000)
if (!canMakeNetworks()) {
  t.plan(0, 'needs root and ip(8)')
} else {
  await using lab = await createMainJobLab({
    clients: { approved: APPROVED, balancer: BALANCER, admin: ADMIN, stranger: STRANGER },
    rows: [{ facility: '00901', block: APPROVED }, ...seedRows(60)],
    edge: {
      firewall: { backend: 'nft', tcpPorts: [22, 80, 443] },
      probe: { url: `http://${BALANCER}:${BALANCER_PORT}/`, timeoutMs: 2000, withinS: 4, attempts: 2 },
    },
  })
  const { control, edge } = lab
  const cli = (...args: string[]) => runOwn('agent/main.ts', [...args, '--config', edge.configFile])
  const revoke = (id: number) =>
    control.as('operator').post(`/v1/registrations/${id}/revoke`, { dispatch: DISPATCH, reason: 'a slip of the pen' })
  const inForce = (revision: number) =>
    edge.untilStatus(`revision ${revision} in force`, (status) => status.inForce?.revision === revision, PATIENCE_MS)
  await using balancer = startOwn(lab.network.client('balancer'), 'the load balancer', 'test/support/meddling-proxy.ts', [
    BALANCER,
    String(BALANCER_PORT),
    lab.portalAddress,
    '80',
  ])
  await balancer.line(/^ready/)
  const balancerId = await openAddress(control, '00902', BALANCER)
  const adminId = await openAddress(control, '00903', ADMIN)
  const { revision: good } = await lab.publish()
  let agent = edge.startAgent()

  await t.test('a revision after which the portal answers stays', async (t) => {
    const status = await edge.untilStatus(
      'the trial passed',
      ({ probe }) => probe?.revision === good && probe.outcome === 'passed',
      PATIENCE_MS,
    )
    t.equal(status.inForce?.revision, good)
  })

  await t.test(
    'a list that would cut the open session of an administrator is refused',
    { skip: existsSync('/run/systemd/sessions') && 'logind says who is logged in' },
    async (t) => {
      const sshd = await lab.network.edge.peer()
      await sshd.listen('http', 22)
      const admin = await lab.client('admin')
      const kept = await admin.open({ address: lab.portalAddress, port: 22, timeoutMs: 20_000 })
      t.match(kept, { outcome: 'passed' })
      await revoke(adminId)
      await lab.publish()
      await edge.untilStatus('the refusal', ({ faults }) => faults.some(({ code }) => code === 'SESSION_CUT'), PATIENCE_MS)
      t.match(await admin.again(kept.connection), { outcome: 'passed' }, 'the session goes on')
      t.equal(await lab.kernelDigest(), lab.digests.get(good), 'nothing changed')
      const id = await openAddress(control, '00904', ADMIN)
      t.ok(id)
      const { revision } = await lab.publish()
      await inForce(revision)
    },
  )

  const before = (await edge.status()).inForce?.revision ?? 0
  await revoke(balancerId)
  const { revision: bad } = await lab.publish()

  await t.test('a revision that takes the load balancer away is taken back', async (t) => {
    const status = await edge.untilStatus(
      'gone back',
      ({ probe }) => probe?.revision === bad && probe.outcome === 'went-back',
      PATIENCE_MS,
    )
    t.match(status, { inForce: { revision: before }, heldBack: [{ revision: bad }] })
    t.equal(await lab.kernelDigest(), lab.digests.get(before), 'the kernel holds the revision before')
    t.match(await lab.ask('balancer', 80), { outcome: 'passed' })
    t.match(await lab.ask('approved', 80), { outcome: 'passed' })
    t.match(await lab.ask('stranger', 80), { outcome: 'reset' })
    await edge.untilStatus('held back', ({ faults }) => faults.some(({ code }) => code === 'REVISION_HELD_BACK'), PATIENCE_MS)
    await until('central hears of it', async () => {
      const { agents } = await control.as('reader').get<{ agents: { fault: { code: string } | null }[] }>('/v1/agents')
      return agents.some(({ fault }) => fault?.code === 'REVISION_HELD_BACK' || fault?.code === 'PROBE_FAILED') || undefined
    })
  })

  await t.test('killed in the middle of the trial, the next start goes back', async (t) => {
    const released = await cli('release', String(bad), '--why', 'the load balancer is repaired')
    t.equal(released.exitCode, 0, released.stderr)
    await until('the revision on trial', async () => ((await lab.kernelState())?.revision === bad ? true : undefined), {
      everyMs: 50,
      deadlineMs: PATIENCE_MS,
    })
    await agent.stop('SIGKILL')
    t.equal(await lab.kernelDigest(), lab.digests.get(bad), 'the kernel holds what is on trial')
    agent = edge.startAgent()
    await edge.untilStatus(
      'gone back',
      ({ inForce: now, heldBack }) => now?.revision === before && heldBack.some(({ revision }) => revision === bad),
      PATIENCE_MS,
    )
    t.equal(await lab.kernelDigest(), lab.digests.get(before))
    t.match(await lab.ask('balancer', 80), { outcome: 'passed' })
  })

  await t.test('a source let in by hand passes, central sees it, and close shuts it out', async (t) => {
    t.match(await lab.ask('stranger', 80), { outcome: 'reset' })
    const opened = await cli('break-glass', 'open', STRANGER, '--for', '10m', '--why', 'night shift cannot reach the portal')
    t.equal(opened.exitCode, 0, opened.stderr)
    t.match(await lab.ask('stranger', 80), { outcome: 'passed' })
    const told = await cli('why', STRANGER)
    t.match(told, { exitCode: 0, stdout: /let in until .* opened by/ })
    await until('central sees it', async () => {
      const { agents } = await control.as('reader').get<{ agents: { openings: { block: string }[] }[] }>('/v1/agents')
      return agents.some(({ openings }) => openings.some(({ block }) => block === STRANGER)) || undefined
    })
    t.equal((await cli('break-glass', 'close', opened.stdout.trim())).exitCode, 0)
    t.match(await lab.ask('stranger', 80), { outcome: 'reset' })
    t.match(await cli('why', STRANGER), { exitCode: 1, stdout: /refused, it is not in the list/ })
    t.match(await cli('why', APPROVED), { exitCode: 0, stdout: /Facility 00901/ })
  })

  await t.test('the kernel ends an opening by itself when the agent is dead', async (t) => {
    const nowMs = Date.now()
    const id = 'abcdef0123456789'
    const until10 = new Date(nowMs + OPEN_MS).toISOString()
    const order = { block: STRANGER, at: new Date(nowMs).toISOString(), until: until10, why: 'a test of the kernel', by: 'root' }
    await giveOrder(join(dirname(edge.configFile), 'agent', 'orders'), { kind: 'opening', id, ...order, closedAt: null })
    await edge.untilStatus('let in', ({ openings }) => openings.some((one) => one.id === id), PATIENCE_MS)
    t.match(await lab.ask('stranger', 80), { outcome: 'passed' })
    await agent.stop('SIGKILL')
    await until('the kernel shuts it out', async () => ((await lab.ask('stranger', 80)).outcome === 'reset' ? true : undefined), {
      everyMs: 200,
      deadlineMs: PATIENCE_MS,
    })
    t.match(await lab.ask('approved', 80), { outcome: 'passed' }, 'and nobody else')
  })
}
