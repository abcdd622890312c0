import { fileURLToPath } from 'node:url'
import { createTestNetwork } from '../test/support/netns.ts'
import type { BenchResult } from './bench-result.ts'
import type { ChangeTimes } from './change-worker.ts'
import type { ListSize } from './sample-lists.ts'

const WORKER = fileURLToPath(new URL('./change-worker.ts', import.meta.url))
const CHANGES = 300
const WARM_UP = 20

const CASES: readonly (ListSize & { readonly name: string })[] = [
  { name: '100,000 hosts', hosts: 100_000, prefixes: 0 },
  { name: '100,000 hosts + 10,000 prefixes', hosts: 100_000, prefixes: 10_000 },
]

/** One host in or out of a loaded list, from the new list in memory until the kernel has it, beside a bare `nft -f -` that adds or deletes one host, turn about on the same table. */
export async function benchChange(): Promise<readonly BenchResult[]> {
  await using network = await createTestNetwork({ clients: {} })
  const results: BenchResult[] = []
  for (const { name, hosts, prefixes } of CASES) {
    const counts = [hosts, prefixes, CHANGES].map(String)
    const worker = await network.edge.mustRun(process.execPath, [WORKER, ...counts], { timeoutMs: 300_000 })
    const { ours, bare } = JSON.parse(worker.stdout) as ChangeTimes
    for (const share of [0.5, 0.99]) {
      const [our, limit] = [ours, bare].map((times) => quantile(times.slice(WARM_UP), share))
      results.push({
        bench: 'change',
        case: `one host in ${name}, p${100 * share}`,
        ours: Math.round((our ?? 0) * 10) / 10,
        limit: Math.round((limit ?? 0) * 10) / 10,
        ratio: (our ?? 0) / (limit ?? 1),
        unit: 'ms',
      })
    }
    await network.edge.mustRun('nft', ['delete', 'table', 'inet', 'edgeward'])
  }
  return results
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}
