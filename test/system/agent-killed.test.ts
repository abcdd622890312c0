/** Invariants 2 and 8: the agent is killed at random moments of its passes; the kernel always holds one whole signed revision, and the next start is right. */
import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import { createMainJobLab } from '../support/main-job-lab.ts'
import { canMakeNetworks } from '../support/netns.ts'
import { DISPATCH, openAddress, seedRows } from '../support/seed-registrations.ts'
import { createSeeded } from '../support/seeded.ts'

const APPROVED = '14.225.1.10'
const STRANGER = '14.225.1.40'
/** Enough elements that writing them takes a while, so that a kill can fall into it. */
const ROWS = 6000
const ROUNDS = 24
const SEED = 8
/** From the start of the process to well after its pass, as an unharmed start took it. */
const MARGIN = 1.3
/** One kill in so many comes after the pass, however slow the machine is by then. */
const LATE_EVERY = 6
const PATIENCE_MS = 120_000

t.setTimeout(290_000)
if (!canMakeNetworks()) {
  t.plan(0, 'needs root and ip(8)')
} else {
  const seeded = createSeeded(SEED)
  await using lab = await createMainJobLab({
    clients: { approved: APPROVED, stranger: STRANGER },
    rows: [{ facility: '00901', block: APPROVED }, ...seedRows(ROWS)],
  })
  const { control, edge } = lab
  const inForce = (revision: number) =>
    edge.untilStatus(`revision ${revision} in force`, (status) => status.inForce?.revision === revision, PATIENCE_MS)
  /** Starts the agent, and ends it when the revision is in force. @returns how long that took, in ms */
  const takeUnharmed = async (revision: number): Promise<number> => {
    const begun = performance.now()
    const agent = edge.startAgent()
    await inForce(revision)
    const tookMs = performance.now() - begun
    await agent.stop()
    t.equal(await lab.kernelDigest(), lab.digests.get(revision), `revision ${revision} by an agent that nobody harms`)
    return tookMs
  }
  await takeUnharmed(1)
  let opened = await openAddress(control, '00905', '14.225.3.250')
  const { revision: second } = await lab.publish()
  // As in each round, there is a list in memory and a newer one to pull.
  const wholeMs = (await takeUnharmed(second)) * MARGIN

  const begin = lab.digests.size
  let hadTable = true
  let early = 0
  for (let round = 1; round <= ROUNDS; round++) {
    // Each revision opens one address and closes another; now and then the rules are gone before, so that the pass has a whole load to do.
    const closed = opened
    opened = await openAddress(control, '00905', `14.225.3.${round}`)
    await control.as('operator').post(`/v1/registrations/${closed}/revoke`, { dispatch: DISPATCH, reason: 'a test of kills' })
    if (round % 3 === 0) {
      await lab.network.edge.run('nft', ['delete', 'table', 'inet', 'edgeward'])
      hadTable = false
    }
    const { revision } = await lab.publish()
    const agent = edge.startAgent()
    if (round % LATE_EVERY === 0) await inForce(revision)
    else await pause(seeded.below(Math.ceil(wholeMs)))
    await agent.stop('SIGKILL')
    const state = await lab.kernelState()
    if (state === undefined) t.notOk(hadTable, `round ${round}: nothing of ours judges, as before`)
    else t.equal(state.elements, lab.digests.get(state.revision), `round ${round}: the whole of revision ${state.revision}`)
    hadTable = state !== undefined
    if (state?.revision !== revision) early += 1
  }
  t.comment(`${early} of ${ROUNDS} kills fell before the newest revision was in force`)
  t.ok(early > 0 && early < ROUNDS, 'kills fell before and after the change')
  t.equal(lab.digests.size, begin + ROUNDS, 'each round had a revision of its own')

  await using last = edge.startAgent()
  const status = await inForce(lab.digests.size)
  t.equal(status.inForce?.digest, [...lab.digests.values()].at(-1), 'the next start is right')
  t.equal(await lab.kernelDigest(), status.inForce?.digest)
  t.match(await lab.ask('approved', 80), { outcome: 'passed' })
  t.match(await lab.ask('stranger', 80), { outcome: 'reset' })
  t.equal(last.exit, undefined)
}
