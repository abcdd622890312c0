import { canMakeNetworks } from '../support/netns.ts'
import { createSeeded, type Seeded } from '../support/seeded.ts'
import type { Service } from '../support/service.ts'
import { createStandIns, type StandIns } from '../support/stand-ins.ts'
import { isInstalled } from '../support/surroundings.ts'
import { createMemoryGroup, type MemoryGroup, type ToolFault, toolFaults } from '../support/tool-faults.ts'
import { createTortureGround, type TortureEdge, type TortureGround } from '../support/torture-edge.ts'
import type { Torture, TortureFigures, TortureRounds } from './torture.ts'

const FAULTS_A_ROUND = 5
/** So many that a change is nft's to make. */
const HOSTS = 4000
/** With the rules gone all of them must be made anew, by every tool. */
const WHEN = ['while it runs', 'while it runs', 'before a start', 'before a start without rules'] as const
type When = (typeof WHEN)[number]
/** These are tried again by themselves after a while of their own; what they tell is no part of a pass. */
const OTHER_AREAS: ReadonlySet<string> = new Set(['proof', 'listen', 'drift', 'report'])

/** Invariants 1, 2 and 11. */
export const NFT_FAULTS: Torture = {
  what: 'nft, ipset and iptables-restore missing, slow, failing, hanging, killed, talking nonsense or without end; wrong is rules lost, a wrong code, a pass after it that is not right',
  rounds: 24,
  goals: {
    faults: 120,
    told: 50,
    'tool missing': 6,
    'tool slow': 5,
    'tool hangs': 3,
    'tool killed for memory': 8,
    'tool fails later': 5,
    'through ipset': 30,
  },
  async findObstacle() {
    if (!canMakeNetworks()) return 'needs root and ip(8)'
    return ['nft', 'unshare'].every(isInstalled) ? undefined : 'needs nft (Debian: nftables) and unshare (util-linux)'
  },
  async begin(): Promise<TortureRounds> {
    const ground = await createTortureGround('ew-faults')
    return { run: (seed) => runRound(ground, seed), [Symbol.asyncDispose]: () => ground[Symbol.asyncDispose]() }
  },
}

async function runRound(ground: TortureGround, seed: number): Promise<TortureFigures> {
  const seeded = createSeeded(seed)
  const backend = seeded.below(4) === 0 && isInstalled('ipset') ? 'ipset' : 'nft'
  const standIns = await createStandIns(ground.folder.file(`tools-${seed}`))
  await using group = await createMemoryGroup(ground.folder.file('cgroup'))
  await using edge = await ground.open({ backend, hosts: HOSTS, wrap: (line) => standIns.wrap(line) })
  const faults = toolFaults(backend, group, ground.folder.file('once'))
  const figures = await disturb(edge, standIns, faults, group, seeded, backend === 'nft')
  return { ...figures, ...(backend === 'ipset' ? { 'through ipset': figures.faults ?? 0 } : {}) }
}

async function disturb(
  edge: TortureEdge,
  standIns: StandIns,
  faults: readonly ToolFault[],
  group: MemoryGroup,
  seeded: Seeded,
  hasNft: boolean,
): Promise<TortureFigures> {
  const { central } = edge
  const figures: Record<string, number> = {}
  const count = (name: string, by = 1): void => {
    figures[name] = (figures[name] ?? 0) + by
  }
  let agent: Service | undefined
  let floor = 0

  const assertSame = async (): Promise<void> => {
    const found = await edge.assertSigned(floor)
    // Between two steps of ipset nothing is in force as a whole; what the lists then hold is judged above.
    if (found === undefined && floor > 0 && hasNft) throw new Error(`Revision ${floor} was in force, and nothing is now`)
    floor = Math.max(floor, found?.revision ?? 0)
  }

  const settle = async (): Promise<void> => {
    agent ??= edge.startAgent()
    await edge.untilStatus(
      'the newest in force and no fault',
      (status) => status.inForce?.revision === central.newest && status.faults.every(({ area }) => OTHER_AREAS.has(area)),
    )
    await edge.untilNewest()
    await assertSame()
  }

  const suffer = async (fault: ToolFault, when: When): Promise<void> => {
    if (when !== 'while it runs') {
      await agent?.stop()
      agent = undefined
    }
    if (when === 'before a start without rules') {
      await edge.removeRules()
      floor = 0
    }
    await fault.begin(standIns)
    try {
      await edge.publish()
      agent ??= edge.startAgent()
      let isTold = false
      const told = await edge.untilStatus(
        'the fault in the status, or the newest in force without the tool',
        ({ inForce, faults: now }) => {
          isTold = now.some(({ area, code }) => !OTHER_AREAS.has(area) && fault.codes.includes(code))
          return isTold || inForce?.revision === central.newest
        },
      )
      const nameless = told.faults.find(({ code }) => code === 'UNEXPECTED')
      if (nameless !== undefined) throw new Error(`The fault has no name: ${nameless.message}`)
      if (isTold) count('told')
      await assertSame()
    } finally {
      await fault.end(standIns)
    }
    await edge.publish()
    await settle()
    count('faults')
    count(fault.figure)
    if (when !== 'while it runs') count('starts with the fault')
  }

  try {
    await settle()
    for (let number = 1; number <= FAULTS_A_ROUND; number += 1) {
      const fault = faults[seeded.below(faults.length)]
      if (fault === undefined) continue
      const when = WHEN[seeded.below(WHEN.length)] ?? 'while it runs'
      try {
        await suffer(fault, when)
      } catch (cause) {
        const words = `fault ${number}: ${fault.words}, ${when}`
        throw new Error(`${words}\n${agent?.lines.slice(-6).join('\n') ?? ''}`, { cause })
      }
    }
  } finally {
    await agent?.stop()
  }
  count('kills of the kernel for memory', await group.kills())
  return figures
}
