/** Invariants 1 and 8: no room for what nft is to read, and orders that are not root's or the agent's alone. The torture `storage` has many more. */
import t from 'tap'
import { DISK_CODES, planTemporaryFault } from '../support/disk-faults.ts'
import { canMakeNetworks } from '../support/netns.ts'
import { ORDER_FAULTS, planOrderFault } from '../support/order-faults.ts'
import type { PlannedFault } from '../support/planned-fault.ts'
import { createSmallDisk } from '../support/small-disk.ts'
import { createTortureGround } from '../support/torture-edge.ts'

const WITHOUT_RIGHTS = ['setpriv', '--bounding-set', '-all,+net_admin,+net_raw', '--inh-caps', '-all'] as const

if (!canMakeNetworks()) {
  t.plan(0, 'needs root and ip(8)')
} else {
  t.setTimeout(280_000)
  await using ground = await createTortureGround('ew-agent-storage')
  await using temporary = await createSmallDisk(ground.folder.file('temporary'), 4)
  await using edge = await ground.open({
    hosts: 500,
    wrap: (line) => ['env', `TMPDIR=${temporary.path}`, ...WITHOUT_RIGHTS, ...line],
  })
  const { stateDir } = edge
  const faultGround = { stateDir, disks: { state: temporary, temporary }, space: ground.network.edge, isAcrossStart: true }
  const isWell = () =>
    edge.untilStatus('no fault', ({ faults, inForce }) => faults.length === 0 && inForce?.revision === edge.central.newest)

  const suffer = async (fault: PlannedFault): Promise<readonly string[]> => {
    await fault.begin()
    try {
      await edge.publish()
      const { faults } = await edge.untilStatus(
        'the fault, or the newest in force',
        (status) =>
          status.faults.some(({ code }) => DISK_CODES.has(code)) ||
          (!fault.isTold && status.inForce?.revision === edge.central.newest),
      )
      await fault.assertHarmless?.()
      return faults.map(({ code }) => code)
    } finally {
      await fault.undo()
    }
  }

  for (const kind of [0, 2, 3, 4]) {
    const fault = planTemporaryFault(faultGround, kind, 0)
    await t.test(`${fault.words}: it is told, and what is missing comes when there is room`, async (t) => {
      await edge.removeRules()
      await fault.begin()
      await using agent = edge.startAgent()
      const { faults } = await edge.untilStatus('the fault', (status) => status.faults.some(({ code }) => DISK_CODES.has(code)))
      t.ok(
        faults.every(({ code }) => code === 'INPUT_UNWRITABLE'),
        JSON.stringify(faults),
      )
      t.equal(await edge.assertSigned(0), undefined)
      await fault.undo()
      await edge.publish()
      await isWell()
      await edge.untilNewest()
      t.equal(agent.exit, undefined)
    })
  }

  await t.test('orders', async (t) => {
    await using agent = edge.startAgent()
    await isWell()
    for (const [index, kind] of ORDER_FAULTS.entries()) {
      const codes = await suffer(planOrderFault(faultGround, kind, `20.250.0.${index}`))
      t.equal(codes.length, kind === 'right' ? 0 : 1, `${kind}: ${codes.join()}`)
      await isWell()
    }
    t.equal(agent.exit, undefined)
  })
}
