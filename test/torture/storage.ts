import { dirname, join } from 'node:path'
import { checkBoot, checkMemory } from '../support/check-state.ts'
import { DISK_CODES, planDiskFault } from '../support/disk-faults.ts'
import { canMakeNetworks } from '../support/netns.ts'
import type { PlannedFault } from '../support/planned-fault.ts'
import { createSeeded, type Seeded } from '../support/seeded.ts'
import type { Service } from '../support/service.ts'
import { createSmallDisk, removeStaleDisks, type SmallDisk } from '../support/small-disk.ts'
import { isInstalled } from '../support/surroundings.ts'
import { createTortureGround, PATIENCE_MS, type TortureEdge, type TortureGround } from '../support/torture-edge.ts'
import { until } from '../support/until.ts'
import type { Torture, TortureFigures, TortureRounds } from './torture.ts'

const FAULTS_A_ROUND = 10
const DISK_MB = 8
const TEMPORARY_MB = 4
const LABEL = 'ew-storage'
/** Root is asked for no permission; an agent of its own user is. */
const WITHOUT_RIGHTS = ['setpriv', '--bounding-set', '-all,+net_admin,+net_raw', '--inh-caps', '-all'] as const
/** Invariants 1, 2, 3 and 8. */
export const STORAGE: Torture = {
  what: 'disk full, read-only, torn files, missing folders, wrong rights, strange orders, no room for what nft reads, under a working agent; wrong is a crash, rules lost or loosened, a fault not told, one that does not heal',
  rounds: 50,
  goals: {
    faults: 500,
    'disk full': 40,
    'disk read-only': 40,
    'files torn': 130,
    'folders missing': 40,
    'rights taken': 40,
    'temporary folder': 40,
    'orders strange': 35,
    'starts with the fault': 150,
  },
  async findObstacle() {
    if (!canMakeNetworks()) return 'needs root and ip(8)'
    return ['nft', 'setpriv', 'mount'].every(isInstalled)
      ? undefined
      : 'needs nft (Debian: nftables), setpriv and mount (util-linux)'
  },
  async begin(): Promise<TortureRounds> {
    const ground = await createTortureGround(LABEL)
    await removeStaleDisks(join(dirname(ground.folder.path), LABEL))
    return { run: (seed) => runRound(ground, seed), [Symbol.asyncDispose]: () => ground[Symbol.asyncDispose]() }
  },
}

async function runRound(ground: TortureGround, seed: number): Promise<TortureFigures> {
  const seeded = createSeeded(seed)
  await using disk = await createSmallDisk(ground.folder.file('disk'), DISK_MB)
  await using temporary = await createSmallDisk(ground.folder.file('temporary'), TEMPORARY_MB)
  const stateDir = join(disk.path, 'state')
  const more = {
    stateDir,
    more: { probe: { tcp: '127.0.0.1:8480' } },
    wrap: (line: readonly string[]) => ['env', `TMPDIR=${temporary.path}`, ...WITHOUT_RIGHTS, ...line],
  }
  await using edge = await ground.open({ hosts: 500 + seeded.below(2000), ...more })
  return await hurt(ground, edge, { state: disk, temporary }, seeded)
}

interface Disks {
  readonly state: SmallDisk
  /** Where the agent writes what nft is to read. */
  readonly temporary: SmallDisk
}

async function hurt(ground: TortureGround, edge: TortureEdge, disks: Disks, seeded: Seeded): Promise<TortureFigures> {
  const { central, stateDir } = edge
  const boot = ground.network.client('boot')
  const figures: Record<string, number> = {}
  const count = (name: string): void => {
    figures[name] = (figures[name] ?? 0) + 1
  }
  let agent: Service | undefined
  let floor = 0

  const assertRight = async (): Promise<void> => {
    if (agent?.exit !== undefined) throw new Error(`The agent ended by itself: ${JSON.stringify(agent.exit)}`)
    const found = await edge.assertSigned(floor)
    if (found === undefined && floor > 0) throw new Error(`Revision ${floor} was in force, and nothing is now`)
    floor = Math.max(floor, found?.revision ?? 0)
  }

  const start = async (): Promise<void> => {
    if (agent === undefined) agent = edge.startAgent()
    await edge.untilStatus('the agent looks at the kernel', ({ inForce }) => floor === 0 || (inForce?.revision ?? 0) >= floor)
  }

  const end = async (): Promise<void> => {
    await agent?.stop(seeded.below(2) === 0 ? 'SIGKILL' : 'SIGTERM')
    agent = undefined
  }

  /** Until all is as if nothing had been. */
  const heal = async (): Promise<void> => {
    await edge.publish()
    await start()
    await edge.untilStatus(
      'no fault and the newest in force',
      ({ faults, inForce }) => faults.length === 0 && inForce?.revision === central.newest,
    )
    await edge.untilNewest()
    const patience = { deadlineMs: PATIENCE_MS }
    await until(
      'the memory holds it',
      async () => (await checkMemory(stateDir, central)) === central.newest || undefined,
      patience,
    )
    await until(
      'the boot would load it',
      async () => (await checkBoot(stateDir, central, boot)) === central.newest || undefined,
      patience,
    )
    await assertRight()
  }

  /** A fault is told, or it did no harm and what is new is in force. */
  const seeWhatIsTold = async (fault: PlannedFault): Promise<void> => {
    const told = await edge.untilStatus(
      'the fault in the status, or the newest in force',
      ({ faults, inForce }) =>
        faults.some(({ code, message }) => DISK_CODES.has(code) && message !== '') ||
        (!fault.isTold && inForce?.revision === central.newest),
    )
    const strange = told.faults.filter(({ code }) => code === 'UNEXPECTED' || code === 'METADATA_REFUSED')
    if (strange.length > 0) throw new Error(`The fault has no name of its own: ${JSON.stringify(strange)}`)
    if (told.faults.length > 0) count('told')
  }

  try {
    await heal()
    for (let number = 1; number <= FAULTS_A_ROUND; number += 1) {
      const isAcrossStart = seeded.below(2) === 0
      const fault = await planDiskFault({ stateDir, disks, space: ground.network.edge, isAcrossStart }, seeded)
      let done = ''
      try {
        if (isAcrossStart) {
          await end()
          count('starts with the fault')
          if (fault.isWithoutRules === true) {
            await edge.removeRules()
            floor = 0
          }
        }
        done = await fault.begin()
        try {
          await edge.publish()
          await start()
          await seeWhatIsTold(fault)
          await fault.assertHarmless?.()
          await assertRight()
        } finally {
          await fault.undo()
        }
        await heal()
        count('faults')
        count(fault.figure)
      } catch (cause) {
        const words = `fault ${number}: ${fault.words} ${done}, ${isAcrossStart ? 'before a start' : 'while it runs'}`
        throw new Error(`${words}\n${agent?.lines.slice(-6).join('\n') ?? ''}`, { cause })
      }
    }
  } finally {
    await agent?.stop()
  }
  return figures
}
