import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { checkBoot, checkMemory } from '../support/check-state.ts'
import { awaitMoment, KILL_MOMENTS, type KillMoment, killNow, untilGroupGone, type Victim } from '../support/kill-moments.ts'
import { canMakeNetworks } from '../support/netns.ts'
import { createSeeded, type Seeded } from '../support/seeded.ts'
import type { Service } from '../support/service.ts'
import { isInstalled } from '../support/surroundings.ts'
import { createTortureGround, type TortureEdge, type TortureGround } from '../support/torture-edge.ts'
import { until } from '../support/until.ts'
import type { Torture, TortureFigures, TortureRounds } from './torture.ts'

const KILLS_A_ROUND = 12
const MOMENTS = Object.keys(KILL_MOMENTS) as readonly KillMoment[]
/** Small lists let a kill fall between two quick steps, large ones into a long one. */
const HOSTS = [500, 500, 2000, 2000, 2000, 5000, 5000, 12_000, 30_000] as const
const TOOL_WITHIN_MS = 10
const VICTIM_WORDS = { agent: 'of the agent alone', group: 'with its tools', tool: 'of its tool alone' } as const
const VICTIMS: readonly Victim[] = ['agent', 'agent', 'agent', 'group', 'group', 'tool']

/** Invariants 2, 3 and 8. */
export const KILLS: Torture = {
  what: 'kills the agent, its tools, or both, at random moments while revisions keep coming; wrong is half a list, an older one, a torn file, a start that does not heal',
  rounds: 50,
  goals: { kills: 500, 'of the agent alone': 100, 'with its tools': 100, 'of its tool alone': 15, 'through ipset': 60 },
  async findObstacle() {
    if (!canMakeNetworks()) return 'needs root and ip(8)'
    return ['nft', 'setpriv'].every(isInstalled) ? undefined : 'needs nft (Debian: nftables) and setpriv (util-linux)'
  },
  async begin(): Promise<TortureRounds> {
    const ground = await createTortureGround('ew-kills')
    return { run: (seed) => runRound(ground, seed), [Symbol.asyncDispose]: () => ground[Symbol.asyncDispose]() }
  },
}

async function runRound(ground: TortureGround, seed: number): Promise<TortureFigures> {
  const seeded = createSeeded(seed)
  const backend = seeded.below(5) === 0 && isInstalled('ipset') ? 'ipset' : 'nft'
  await using edge = await ground.open({ backend, hosts: HOSTS[seeded.below(HOSTS.length)] ?? 2000 })
  await mkdir(join(edge.stateDir, 'trust', 'metadata'), { recursive: true })
  const figures = await killAgain(ground, edge, seeded, backend === 'nft')
  return { ...figures, ...(backend === 'ipset' ? { 'through ipset': figures.kills ?? 0 } : {}) }
}

/** Kills at moments that the seed chooses, looks at what is left each time, and in the end lets the agent heal all. */
async function killAgain(ground: TortureGround, edge: TortureEdge, seeded: Seeded, hasNft: boolean): Promise<TortureFigures> {
  const { central, stateDir } = edge
  // Nothing is loaded at boot through ipset, so nothing is written for it.
  const moments = MOMENTS.filter((moment) => hasNft || moment !== 'boot')
  const figures: Record<string, number> = {}
  const count = (name: string): void => {
    figures[name] = (figures[name] ?? 0) + 1
  }
  let agent: Service | undefined
  /** The newest revision that was seen in force and that nobody took away since. */
  let floor = 0

  const start = (): Service => {
    agent ??= edge.startAgent()
    if (agent.exit !== undefined) throw new Error(`The agent ended by itself: ${JSON.stringify(agent.exit)}`)
    return agent
  }

  const settle = async (): Promise<void> => {
    start()
    await edge.untilNewest()
    floor = central.newest
  }

  /** Without the kernel's word, the memory's is the newest there is. */
  const takeRulesAway = async (): Promise<void> => {
    await edge.removeRules()
    floor = 0
    const remembered = await checkMemory(stateDir, central)
    count('starts without rules')
    start()
    if (remembered > 0)
      await edge.untilStatus('the list remembered in force', ({ inForce }) => (inForce?.revision ?? 0) >= remembered)
    await look()
  }

  const look = async (): Promise<void> => {
    const found = await edge.assertSigned(floor)
    // ipset takes a list in steps: killed between two, each family holds a whole one, and the next start makes them one.
    if (found === undefined && floor > 0 && hasNft) throw new Error(`Revision ${floor} was in force, and nothing is now`)
    floor = Math.max(floor, found?.revision ?? 0)
    // While the agent goes on, its files change under the look.
    if (agent !== undefined) return
    const remembered = await checkMemory(stateDir, central)
    if (hasNft && remembered > floor) throw new Error(`Revision ${remembered} is remembered, and the kernel holds ${floor}`)
    const atBoot = await checkBoot(stateDir, central, ground.network.client('boot'))
    if (hasNft && atBoot > floor) throw new Error(`Revision ${atBoot} is kept for the boot, and the kernel holds ${floor}`)
  }

  const kill = async (victim: Victim, moment: KillMoment, afterMs: number): Promise<void> => {
    using awaited = awaitMoment(moment, edge, () => agent?.pid)
    await edge.publish()
    const victims = start()
    victims.listen(awaited.hear)
    const moreAfterMs = seeded.below(400)
    const more = moreAfterMs < 200 ? pause(moreAfterMs).then(() => edge.publish()) : undefined
    await awaited.come()
    await pause(afterMs)
    if (victims.exit !== undefined) throw new Error(`The agent ended by itself: ${JSON.stringify(victims.exit)}`)
    if (await killNow(victim, victims.pid)) {
      count('kills')
      count(VICTIM_WORDS[victim])
    }
    if (victim !== 'tool') {
      await victims.exited
      agent = undefined
      await untilGroupGone(victims.pid)
    }
    await more
    if (hasNft || victim !== 'tool') await look()
  }

  try {
    for (let number = 1; number <= KILLS_A_ROUND; number += 1) {
      const victim = VICTIMS[seeded.below(VICTIMS.length)] ?? 'agent'
      // A tool must be there to be killed.
      const moment = victim === 'tool' ? 'tool' : (moments[seeded.below(moments.length)] ?? 'start')
      const afterMs = seeded.below(victim === 'tool' ? TOOL_WITHIN_MS : KILL_MOMENTS[moment])
      const before = (['nothing', 'nothing', 'nothing', 'settled', 'settled', 'rules taken away'] as const)[seeded.below(6)]
      try {
        if (before === 'rules taken away' && agent === undefined) await takeRulesAway()
        else if (before === 'settled' && moment !== 'start') await settle()
        await kill(victim, moment, afterMs)
      } catch (cause) {
        const words = `kill ${number}: ${victim}, ${afterMs} ms after ${moment}, before it ${before}`
        throw new Error(`${words}\n${agent?.lines.slice(-6).join('\n') ?? ''}`, { cause })
      }
    }
    await settle()
    await edge.untilStatus('no fault', ({ faults }) => faults.length === 0)
    await until('the memory holds it', async () => (await checkMemory(stateDir, central)) === central.newest || undefined)
    const boot = ground.network.client('boot')
    if (hasNft)
      await until(
        'the boot would load it',
        async () => (await checkBoot(stateDir, central, boot)) === central.newest || undefined,
      )
    count('healed')
  } finally {
    await agent?.stop()
  }
  return figures
}
