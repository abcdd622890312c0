import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compileIpset } from '../rules/firewall/compile-ipset.ts'
import { createTestNetwork, type TestNamespace } from '../test/support/netns.ts'
import { CHANGES, type IpsetTimes } from './apply-ipset-worker.ts'
import { benchProgram } from './apply-worker.ts'
import type { BenchResult } from './bench-result.ts'
import { sampleDocument } from './sample-lists.ts'

const WORKER = fileURLToPath(new URL('./apply-ipset-worker.ts', import.meta.url))
const ROUNDS = 5
const CASES = [
  { name: '28,000 hosts', hosts: 28_000, prefixes: 0 },
  { name: '100,000 hosts + 10,000 prefixes', hosts: 100_000, prefixes: 10_000 },
] as const

/** Cold load through ipset and iptables beside bare `ipset restore` of the same sets from a file, and one host in or out beside bare `ipset add`. Turn about; the best counts. */
export async function benchApplyIpset(): Promise<readonly BenchResult[]> {
  const folder = await mkdtemp(join(tmpdir(), 'edgeward-bench-'))
  const results: BenchResult[] = []
  try {
    for (const { name, ...size } of CASES) {
      const document = join(folder, 'list')
      const sets = join(folder, 'sets')
      await writeFile(document, sampleDocument(size))
      await writeFile(sets, compileIpset(benchProgram(await readFile(document))).sets)
      const best = { ours: Infinity, bare: Infinity, change: Infinity, add: Infinity }
      for (let round = 0; round < ROUNDS; round += 1) {
        await using network = await createTestNetwork({ clients: {} })
        const { edge } = network
        best.bare = Math.min(best.bare, await timeOf(edge, ['ipset', 'restore', '-file', sets]))
        for (let change = 0; change < CHANGES; change += 1) {
          const verb = change % 2 === 0 ? 'add' : 'del'
          best.add = Math.min(best.add, await timeOf(edge, ['ipset', verb, 'edgeward-approved4-a', '9.9.9.9']))
        }
        await edge.mustRun('ipset', ['destroy'])
        const { stdout } = await edge.mustRun(process.execPath, [WORKER, document], { timeoutMs: 300_000 })
        const { parseMs, applyMs, changeMs } = JSON.parse(stdout) as IpsetTimes
        best.ours = Math.min(best.ours, parseMs + applyMs)
        best.change = Math.min(best.change, changeMs)
      }
      results.push(rowOf(`${name}, bytes to kernel`, best.ours, best.bare), rowOf(`${name}, one host`, best.change, best.add))
    }
    return results
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function timeOf(edge: TestNamespace, [file = '', ...args]: readonly string[]): Promise<number> {
  const start = performance.now()
  await edge.mustRun(file, args)
  return performance.now() - start
}

function rowOf(name: string, ours: number, limit: number): BenchResult {
  return { bench: 'apply-ipset', case: name, ours: Math.round(ours), limit: Math.round(limit), ratio: ours / limit, unit: 'ms' }
}
