/** Invariant 13 and the harvest: the harvester is cut, the honest pass, and what watch knew survives its death and that of the agent. */
import t from 'tap'
import { harvest } from '../support/harvest.ts'
import { createMainJobLab } from '../support/main-job-lab.ts'
import { canMakeNetworks } from '../support/netns.ts'
import { openAddress, seedRows } from '../support/seed-registrations.ts'
import { createSeeded } from '../support/seeded.ts'

const APPROVED = '14.225.1.10'
const HARVESTER = '14.225.1.50'
/** The account of a facility whose address the harvester does not have. */
const LEAKED = '00901_BV'
const RATE_PER_S = 40
const PATIENCE_MS = 120_000

t.setTimeout(290_000)
if (!canMakeNetworks()) {
  t.plan(0, 'needs root and ip(8)')
} else {
  await using lab = await createMainJobLab({
    clients: { approved: APPROVED, harvester: HARVESTER },
    rows: [{ facility: '00901', block: APPROVED }, { facility: '00950', block: HARVESTER }, ...seedRows(60)],
  })
  const { edge, control } = lab
  let agent = edge.startAgent()
  let watch = edge.startWatch()
  await edge.untilStatus(
    'agent and watch at work',
    (status) => status.inForce?.revision === 1 && status.watch === 'connected',
    PATIENCE_MS,
  )
  const isFlagged = ({ flags }: Awaited<ReturnType<typeof edge.status>>) =>
    flags.some(({ account, action, taken }) => account === LEAKED && action === 'suspend' && taken === 'blocked-source')
  const isBlocked = ({ blocked }: Awaited<ReturnType<typeof edge.status>>) => blocked.some(({ address }) => address === HARVESTER)

  await t.test('a leaked account is cut after at most 350 look-ups; the honest pass', async (t) => {
    const harvester = await lab.client('harvester')
    const result = await harvest(harvester, {
      address: lab.portalAddress,
      port: 80,
      account: LEAKED,
      ratePerS: RATE_PER_S,
      maxLookups: 1200,
      seeded: createSeeded(3),
    })
    t.match(result.end, { outcome: 'reset' }, `cut after ${result.lookups} look-ups and ${result.seconds.toFixed(1)} s`)
    t.ok(result.lookups <= 350, 'the budget')
    const status = await edge.untilStatus('the flag', (found) => isFlagged(found) && isBlocked(found), PATIENCE_MS)
    t.equal(status.blocked.length, 1, 'nobody else is blocked')
    t.match(await lab.ask('approved', 80), { outcome: 'passed' })
    t.match(await lab.ask('harvester', 443), { outcome: 'reset' })
  })

  await t.test('watch killed: the block stays; started again, it still knows the flag', async (t) => {
    await watch.stop('SIGKILL')
    const away = await edge.untilStatus('watch away', (status) => status.watch === 'away', PATIENCE_MS)
    t.ok(isBlocked(away), 'the block stays')
    t.match(await lab.ask('harvester', 80), { outcome: 'reset' })
    t.match(await lab.ask('approved', 80), { outcome: 'passed' })
    await openAddress(control, '00903', '14.225.1.30')
    const { revision } = await lab.publish()
    await edge.untilStatus('a new revision without watch', (status) => status.inForce?.revision === revision, PATIENCE_MS)
    t.match(await lab.ask('harvester', 80), { outcome: 'reset' }, 'also after a new revision')

    watch = edge.startWatch()
    const back = await edge.untilStatus('watch back', (status) => status.watch === 'connected' && isFlagged(status), PATIENCE_MS)
    t.ok(isBlocked(back))
    t.match(await lab.ask('harvester', 80), { outcome: 'reset' })
  })

  await t.test('agent killed while watch works: started again, it blocks what watch tells it', async (t) => {
    await agent.stop('SIGKILL')
    t.equal(watch.exit, undefined, 'watch works on')
    t.match(await lab.ask('harvester', 80), { outcome: 'reset' }, 'the kernel holds the block without anybody')
    t.match(await lab.ask('approved', 80), { outcome: 'passed' })
    agent = edge.startAgent()
    const status = await edge.untilStatus('the flag is back', (found) => isFlagged(found) && isBlocked(found), PATIENCE_MS)
    t.equal(status.watch, 'connected')
    t.match(await lab.ask('harvester', 80), { outcome: 'reset' })
    t.match(await lab.ask('approved', 443), { outcome: 'passed' })
  })

  await Promise.all([agent.stop(), watch.stop()])
}
