/** The main job with real processes, a real kernel and real packets: who passes, who is refused, and what a broken or lying centre changes. */
import t from 'tap'
import { createMainJobLab } from '../support/main-job-lab.ts'
import { canMakeNetworks } from '../support/netns.ts'
import { runOwn } from '../support/run-own.ts'
import { DISPATCH, openAddress, seedRows } from '../support/seed-registrations.ts'
import { until } from '../support/until.ts'

const APPROVED = '14.225.1.10'
const REVOKED = '14.225.1.20'
const LATE = '14.225.1.30'
const STRANGER = '14.225.1.40'
const PORTS = [80, 443]
/** Long enough for every retry of the agent; it decides nothing but how long a failure takes. */
const PATIENCE_MS = 200_000

t.setTimeout(290_000)
if (!canMakeNetworks()) {
  t.plan(0, 'needs root and ip(8)')
} else {
  await using lab = await createMainJobLab({
    clients: { approved: APPROVED, revoked: REVOKED, late: LATE, stranger: STRANGER },
    rows: [{ facility: '00901', block: APPROVED }, ...seedRows(60)],
  })
  const { control, edge } = lab
  const revokedId = await openAddress(control, '00902', REVOKED)
  const { revision: first } = await lab.publish()
  await using agent = edge.startAgent()
  const inForce = (revision: number) =>
    edge.untilStatus(`revision ${revision} in force`, (status) => status.inForce?.revision === revision, PATIENCE_MS)

  await t.test('the approved pass on 80 and 443, the stranger gets a reset', async (t) => {
    const status = await inForce(first)
    t.equal(status.inForce?.digest, lab.digests.get(first), 'the digest in force is the one that was signed')
    t.equal(await lab.kernelDigest(), lab.digests.get(first), 'so is that of the elements in the kernel')
    for (const port of PORTS) {
      t.match(await lab.ask('approved', port), { outcome: 'passed', status: 200 }, `approved, port ${port}`)
      const refused = await lab.ask('stranger', port)
      t.match(refused, { outcome: 'reset', error: 'ECONNREFUSED' }, `stranger, port ${port}`)
      t.comment(`the stranger was refused after ${refused.ms} ms (goal: 50)`)
    }
  })

  await t.test('an open connection dies at the next packet after its address was revoked', async (t) => {
    const client = await lab.client('revoked')
    const kept = await client.open({ address: lab.portalAddress, port: 80, timeoutMs: 20_000 })
    t.match(kept, { outcome: 'passed' })
    t.match(await client.again(kept.connection), { outcome: 'passed' }, 'it is kept alive')
    await control.as('operator').post(`/v1/registrations/${revokedId}/revoke`, { dispatch: DISPATCH, reason: 'line given up' })
    const { revision } = await lab.publish()
    await inForce(revision)
    t.match(await client.again(kept.connection), { outcome: 'reset', error: 'ECONNRESET' }, 'reset in the open connection')
    t.match(await lab.ask('revoked', 80), { outcome: 'reset', error: 'ECONNREFUSED' }, 'and no new one')
    t.match(await lab.ask('approved', 80), { outcome: 'passed' })
  })

  await t.test('losing the control API opens and closes nothing; after its return the agent catches up', async (t) => {
    const before = await edge.status()
    await openAddress(control, '00903', LATE)
    await lab.killControl()
    await edge.untilStatus('the agent notices', ({ stream }) => stream === 'away', PATIENCE_MS)
    for (const port of PORTS) {
      t.match(await lab.ask('approved', port), { outcome: 'passed' }, `approved, port ${port}`)
      t.match(await lab.ask('stranger', port), { outcome: 'reset' }, `stranger, port ${port}`)
      t.match(await lab.ask('late', port), { outcome: 'reset' }, `approved but not published, port ${port}`)
    }
    t.same((await edge.status()).inForce, before.inForce, 'the same revision is in force')
    t.equal(await lab.kernelDigest(), before.inForce?.digest, 'the kernel holds the same')

    const args = ['publish', '--config', control.configFile, '--person', 'night-shift', '--json']
    const published = await runOwn('control-api/main.ts', args)
    t.equal(published.exitCode, 0, published.stderr)
    const { revision } = JSON.parse(published.stdout) as { revision: number }
    t.match(await lab.ask('late', 80), { outcome: 'reset' }, 'published, but nobody serves it')
    await lab.serve()
    const after = await inForce(revision)
    t.match(await lab.ask('late', 80), { outcome: 'passed' })
    t.equal(await lab.kernelDigest(), after.inForce?.digest)
  })

  for (const [manner, code, reason] of [
    ['list', 'TARGET_MISMATCH', 'a list with one byte changed'],
    ['metadata', 'METADATA_REFUSED', 'metadata with one byte changed'],
    ['older', 'METADATA_OLDER', 'metadata older than what was trusted'],
  ] as const) {
    await t.test(`${reason} is refused and reported`, async (t) => {
      const before = await edge.status()
      await lab.behave(manner)
      await openAddress(control, '00904', `14.225.2.${10 + manner.length}`)
      const { revision } = await lab.publish()
      await edge.untilStatus(`fault ${code}`, ({ faults }) => faults.some((fault) => fault.code === code), PATIENCE_MS)
      const told = await runOwn('agent/main.ts', ['status', '--json', '--socket', edge.socket])
      t.equal(told.exitCode, 0, told.stderr)
      const said = JSON.parse(told.stdout) as Pick<typeof before, 'inForce' | 'faults'>
      t.same(said.inForce, before.inForce, 'agent status tells what holds')
      t.match(
        said.faults.find(({ area }) => area === 'pass'),
        { code },
        'and what was refused',
      )
      t.equal(await lab.kernelDigest(), before.inForce?.digest, 'nothing changed')
      t.match(await lab.ask('approved', 443), { outcome: 'passed' })
      t.match(await lab.ask('stranger', 443), { outcome: 'reset' })
      await until(
        'central hears of it',
        async () => {
          const { agents } = await control.as('reader').get<{ agents: { fault: { code: string } | null }[] }>('/v1/agents')
          return agents.some(({ fault }) => fault?.code === code) || undefined
        },
        { deadlineMs: PATIENCE_MS },
      )
      await lab.behave('honest')
      const after = await inForce(revision)
      t.equal(await lab.kernelDigest(), after.inForce?.digest, 'an honest answer is taken again')
    })
  }
  await agent.stop()
  t.equal(await lab.kernelDigest(), [...lab.digests.values()].at(-1), 'the agent stops, the rules stay')
  t.match(await lab.ask('stranger', 80), { outcome: 'reset' })
}
