import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { freemem } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { stringify } from 'yaml'
import { createFileMemory } from '../agent/memory/file-memory.ts'
import type { AgentStatus } from '../agent/status/agent-status.ts'
import { compileNft } from '../rules/firewall/compile-nft.ts'
import { parseAllowDocument } from '../rules/revisions/parse-allow-document.ts'
import { summaryOf } from '../rules/revisions/revision-summary.ts'
import { askSocket } from '../test/support/ask-socket.ts'
import { createDriftLab } from '../test/support/drift-lab.ts'
import { createTestNetwork, type TestNamespace } from '../test/support/netns.ts'
import { startOwn } from '../test/support/place.ts'
import { until } from '../test/support/until.ts'
import { createWorkDir } from '../test/support/work-dir.ts'
import type { BenchResult } from './bench-result.ts'
import { installAgent } from './installed-agent.ts'
import { type ListSize, sampleDocument } from './sample-lists.ts'

const WINDOW_MS = 30_000
/** sysconf(_SC_CLK_TCK) of Linux on every machine that we run on. */
const TICKS_PER_S = 100
const ROUNDS = 6
const TABLE = 'inet edgeward'

/** A million hosts, in the kernel, in nft and in the agent, want so much free. */
const MILLION_NEEDS_BYTES = 4 * 2 ** 30
const DRIFTED: ListSize = { hosts: 100_000, prefixes: 10_000 }

/** What somebody else does, and what he does it with; the host and the chain are ours. */
const DRIFTS: readonly (readonly [name: string, input: string])[] = [
  ['ruleset flushed', 'flush ruleset\n'],
  ['stranger added', `add element ${TABLE} host4 { 9.9.9.9 }\n`],
  ['chain emptied', `flush chain ${TABLE} judge4\n`],
  ['prefixes emptied', `flush set ${TABLE} net4\n`],
]

/** What an agent costs that has nothing to do, beside one core; and how long rules stay wrong that others changed, beside a bare load of the whole list. */
export async function benchIdle(): Promise<readonly BenchResult[]> {
  const idle = await measureIdle('100,000 hosts + 10,000 prefixes', DRIFTED, 120)
  return [...idle, ...(await measureRepairs(DRIFTED))]
}

/** The first with a million hosts. @throws where the machine has no memory for them */
export async function benchIdleMillion(): Promise<readonly BenchResult[]> {
  if (freemem() < MILLION_NEEDS_BYTES) throw new Error(`Cannot hold a million hosts: only ${freemem()} bytes are free`)
  return measureIdle('1,000,000 hosts', { hosts: 1_000_000, prefixes: 0 }, 350)
}

async function measureIdle(name: string, size: ListSize, goalMb: number): Promise<readonly BenchResult[]> {
  await using folder = await createWorkDir('ew-idle')
  await using network = await createTestNetwork({ clients: {} })
  const bytes = sampleDocument(size)
  await createFileMemory(folder.file('agent/memory')).remember(summaryOf(parseAllowDocument(bytes)), bytes, '')
  const socket = folder.file('agent.sock')
  const config = folder.file('agent.yaml')
  await writeFile(
    config,
    stringify({
      name: 'edge-1',
      stateDir: folder.file('agent'),
      // Nobody listens there: what central costs is not measured.
      control: { url: 'http://127.0.0.1:9' },
      firewall: { backend: 'nft' },
      management: { prefixes: 'none' },
      status: { socket },
      watch: { socket: folder.file('watch.sock') },
    }),
  )
  const { script, options } = await installAgent(folder)
  await using agent = startOwn(network.edge, 'agent run', script, ['run', '--config', config], options)
  await untilAtRest(socket, name)
  // What the start left behind is cleared away.
  await pause(3000)
  const listeners = childrenOf(agent.pid)
  const pids = [agent.pid, ...listeners]
  const before = pids.map(ticksOf)
  const started = await watchChildren(agent.pid, listeners)
  const after = pids.map(ticksOf)
  const shares = after.map((ticks, i) => (100 * (ticks - (before[i] ?? 0))) / TICKS_PER_S / (WINDOW_MS / 1000))
  const [agentShare = 0, ...childShares] = shares
  const row = (what: string, ours: number, limit: number, unit: string): BenchResult => ({
    bench: 'idle',
    case: `${name}, ${what}`,
    ours: Math.round(ours * 100) / 100,
    limit,
    ratio: ours / limit,
    unit,
  })
  const result = [
    row('CPU of the agent', agentShare, 100, '% of a core'),
    row('CPU of its children', sumOf(childShares), 100, '% of a core'),
    row(`programs started in ${WINDOW_MS / 1000} s`, started, WINDOW_MS / 1000, 'a second'),
    row('memory of the agent and its children', rssMbOf(agent.pid) + sumOf(listeners.map(rssMbOf)), goalMb, 'MB'),
    row('the most memory the agent had', peakMbOf(agent.pid), goalMb, 'MB'),
  ]
  await agent.stop()
  return result
}

async function untilAtRest(socket: string, name: string): Promise<void> {
  let seen: unknown
  await until(
    'the agent listens and has proved the list',
    async () => {
      const { proof, drift } = await askSocket<AgentStatus>(socket, '/status')
      seen = { proof, drift }
      return proof?.agrees === true && drift.listening === 'on' ? true : undefined
    },
    { deadlineMs: 600_000, everyMs: 200 },
  ).catch((cause: unknown) => {
    throw new Error(`The agent with ${name} does not come to rest: ${JSON.stringify(seen)}`, { cause })
  })
}

/** Looks every few milliseconds which children are there: a program that ends sooner is not seen. */
async function watchChildren(pid: number, known: readonly number[]): Promise<number> {
  const seen = new Set<number>()
  const end = performance.now() + WINDOW_MS
  while (performance.now() < end) {
    for (const child of childrenOf(pid)) if (!known.includes(child)) seen.add(child)
    await pause(2)
  }
  return seen.size
}

async function measureRepairs(size: ListSize): Promise<readonly BenchResult[]> {
  await using network = await createTestNetwork({ clients: {} })
  const { edge } = network
  await using lab = await createDriftLab(edge, {
    gap: { leastMs: 60_000, factor: 50 },
    list: sampleDocument(size),
    manage: [],
    patience: { freeRepairs: 1000, fightCount: 1000 },
  })
  const times: number[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, input] of DRIFTS) {
      const { repaired, found } = lab.status().drift
      await edge.mustRun('nft', ['-f', '-'], { input })
      const start = performance.now()
      await until(name, () => (lab.status().drift.repaired > repaired ? true : undefined), { everyMs: 1 })
      times.push(performance.now() - start)
      if (lab.status().drift.found !== found + 1) throw new Error(`${name}: found ${lab.status().drift.found - found} times`)
    }
  }
  const bare: number[] = []
  const { program } = lab.edge
  if (program === undefined) throw new Error('The lab holds no program')
  await using folder = await createWorkDir('ew-idle')
  await writeFile(folder.file('program.nft'), compileNft(program))
  await lab[Symbol.asyncDispose]()
  for (let round = 0; round < ROUNDS; round += 1) bare.push(await timeLoad(edge, folder.file('program.nft')))
  return [0.5, 0.99].map((share) => {
    const [ours, limit] = [times, bare].map((all) => Math.round(quantile(all, share)))
    return {
      bench: 'idle',
      case: `repair of 100,000 hosts + 10,000 prefixes, ${times.length} drifts, p${share * 100}`,
      ours: ours ?? 0,
      limit: limit ?? 0,
      ratio: (ours ?? 0) / (limit ?? 1),
      unit: 'ms',
    }
  })
}

async function timeLoad(edge: TestNamespace, file: string): Promise<number> {
  const start = performance.now()
  const [code] = (await once(edge.start('nft', ['-f', file]), 'close')) as [number | null]
  if (code !== 0) throw new Error(`nft -f ended with ${code}`)
  return performance.now() - start
}

/** proc(5): utime and stime, behind the name that may hold anything. */
function ticksOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
  return Number(fields[11]) + Number(fields[12])
}

function childrenOf(pid: number): readonly number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
}

function rssMbOf(pid: number): number {
  return memoryMbOf(pid, /^VmRSS:\s+(\d+) kB$/m)
}

function peakMbOf(pid: number): number {
  return memoryMbOf(pid, /^VmHWM:\s+(\d+) kB$/m)
}

function memoryMbOf(pid: number, line: RegExp): number {
  return Math.round(Number(line.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024)
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}
