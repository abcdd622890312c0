import { fileURLToPath } from 'node:url'
import { createTestNetwork } from '../test/support/netns.ts'
import type { BenchResult } from './bench-result.ts'
import type { ChangeTimes, ChangeWay } from './change-worker.ts'
import type { ListSize } from './sample-lists.ts'

const WORKER = fileURLToPath(new URL('./change-worker.ts', import.meta.url))
const CHANGES = 1000
const WARM_UP = 20

const CASES: readonly (ListSize & { readonly name: string; readonly way: ChangeWay; readonly changes: number })[] = [
  { name: '100,000 hosts', hosts: 100_000, prefixes: 0, way: 'netlink', changes: CHANGES },
  { name: '100,000 hosts + 10,000 prefixes', hosts: 100_000, prefixes: 10_000, way: 'netlink', changes: CHANGES },
  { name: '100,000 hosts + 10,000 prefixes, by nft alone', hosts: 100_000, prefixes: 10_000, way: 'nft', changes: 60 },
  { name: '1,000,000 hosts', hosts: 1_000_000, prefixes: 0, way: 'netlink', changes: 300 },
]

/**
 * One host in or out of a loaded list, from the new list in memory until the kernel has it and says so, what is in force looked up before, as the edge
 * does. Limit: a bare `nft -f -` that adds or deletes one host of the same table.
 */
export async function benchChange(): Promise<readonly BenchResult[]> {
  await using network = await createTestNetwork({ clients: {} })
  const results: BenchResult[] = []
  for (const { name, hosts, prefixes, way, changes } of CASES) {
    const args = [...[hosts, prefixes, changes].map(String), way]
    const worker = await network.edge.mustRun(process.execPath, [WORKER, ...args], { timeoutMs: 300_000 })
    const { ours, bare, maxLagMs } = JSON.parse(worker.stdout) as ChangeTimes
    const row = (what: string, our: number, limit: number, unit: string): BenchResult => ({
      bench: 'change',
      case: `one host in ${name}, ${what}`,
      ours: Math.round(our * 10) / 10,
      limit: Math.round(limit * 10) / 10,
      ratio: our / limit,
      unit,
    })
    for (const share of [0.5, 0.99]) {
      const [our = 0, limit = 1] = [ours, bare].map((times) => quantile(times.slice(WARM_UP), share))
      results.push(row(`p${100 * share}`, our, limit, 'ms'))
    }
    results.push(
      row('one after another without a pause', rateOf(ours), rateOf(bare), 'changes/s'),
      row('longest stand of the event loop, beside the 20 ms that a change may take', maxLagMs, 20, 'ms'),
    )
    await network.edge.mustRun('nft', ['delete', 'table', 'inet', 'edgeward'])
  }
  return results
}

function rateOf(times: readonly number[]): number {
  return (1000 * times.length) / times.reduce((sum, time) => sum + time, 0)
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}
