/** Program of the benchmark `change`: one host in or out of a loaded list, again and again, as an agent does it; the time until the kernel has it. */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { createNftFirewall } from '../agent/firewall/nft-firewall.ts'
import { loadNetlink } from '../agent/netlink/open-netlink.ts'
import { runProgram } from '../agent/process/run-program.ts'
import { digestOf } from '../rules/addresses/block-set-lines.ts'
import type { FilterProgram } from '../rules/firewall/program.ts'
import { assertPrivateNamespace } from '../test/support/netns.ts'
import { benchProgram } from './apply-worker.ts'
import { sampleDocument, sampleHosts } from './sample-lists.ts'

/** What the worker prints. */
export interface ChangeTimes {
  /** Milliseconds of each change, one after another without a pause. */
  readonly ours: readonly number[]
  readonly bare: readonly number[]
  /** The longest that the event loop stood still while ours were made, one after another without a pause. */
  readonly maxLagMs: number
}

/** Straight to the kernel, or a process for each step, as where koffi cannot be loaded. */
export type ChangeWay = 'netlink' | 'nft'

/** Hosts that leave and come back. */
const ABSENT = 8
/** Each may take 50 ms and more. */
const BARE_CHANGES = 100

async function changeAgainAndAgain(hosts: number, prefixes: number, changes: number, way: ChangeWay): Promise<ChangeTimes> {
  assertPrivateNamespace()
  const fail = (why: unknown): never => {
    throw new Error(`A change did not go by ${way}, which is to be measured`, { cause: why })
  }
  const netlink = way === 'netlink' ? await loadNetlink() : undefined
  const firewall = createNftFirewall({ run: runProgram, netlink, onMisfit: fail, onGivenUp: fail })
  const lists = createLists(benchProgram(sampleDocument({ hosts, prefixes })), sampleHosts(hosts))
  let made = 0
  /** What the edge does with a revision that it has verified. */
  const change = async (): Promise<void> => {
    made += 1
    const program = { ...(lists[made % lists.length] ?? fail('no list')), revision: 1000 + made }
    await firewall.inForce()
    await firewall.apply(program)
  }
  let isBareIn = false
  const changeBare = async (): Promise<void> => {
    const input = [`${isBareIn ? 'delete' : 'add'} element inet edgeward host4 { 11.0.0.1 }\n`]
    const { exitCode, stderr } = await runProgram('nft', ['-f', '-'], { input })
    if (exitCode !== 0) throw new Error(`nft did not take a bare change: ${stderr}`)
    isBareIn = !isBareIn
  }
  await firewall.apply(lists[0] ?? fail('no list'))
  const lag = monitorEventLoopDelay({ resolution: 1 })
  lag.enable()
  const ours = await timesOf(change, changes)
  lag.disable()
  // Not turn about: each bare change is one by somebody else to us, after which all is looked at.
  const bare = await timesOf(changeBare, Math.min(changes, BARE_CHANGES))
  return { ours, bare, maxLagMs: lag.max / 1e6 }
}

/** The whole list and, between any two of it, the list without one host, another each time. */
function createLists(full: FilterProgram, hosts: Uint32Array): readonly FilterProgram[] {
  return Array.from({ length: ABSENT }, (_, i) => hosts[Math.floor(((i + 1) * hosts.length) / (ABSENT + 1))] ?? 0).flatMap(
    (absent) => {
      const approved = { ...full.approved, host4: hosts.filter((host) => host !== absent) }
      return [full, { ...full, approved, digest: digestOf(approved) }]
    },
  )
}

async function timesOf(work: () => Promise<void>, count: number): Promise<readonly number[]> {
  const times: number[] = []
  for (let time = 0; time < count; time += 1) {
    const start = performance.now()
    await work()
    times.push(performance.now() - start)
  }
  return times
}

if (import.meta.main) {
  const [hosts = 0, prefixes = 0, changes = 0] = process.argv.slice(2, 5).map(Number)
  const way = process.argv[5] === 'nft' ? 'nft' : 'netlink'
  process.stdout.write(`${JSON.stringify(await changeAgainAndAgain(hosts, prefixes, changes, way))}\n`)
}
