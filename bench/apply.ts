import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { compileNft } from '../rules/firewall/compile-nft.ts'
import { createTestNetwork, type TestNamespace } from '../test/support/netns.ts'
import { type ApplyTimes, benchProgram } from './apply-worker.ts'
import type { BenchResult } from './bench-result.ts'
import { type ListSize, sampleDocument } from './sample-lists.ts'

const WORKER = fileURLToPath(new URL('./apply-worker.ts', import.meta.url))
const REMOVE = 'add table inet edgeward\ndelete table inet edgeward\n'

const CASES: readonly (ListSize & { readonly name: string; readonly rounds: number })[] = [
  { name: '28,000 hosts', hosts: 28_000, prefixes: 0, rounds: 5 },
  { name: '100,000 hosts + 10,000 prefixes', hosts: 100_000, prefixes: 10_000, rounds: 5 },
  { name: '1,000,000 hosts', hosts: 1_000_000, prefixes: 0, rounds: 3 },
]

/**
 * Cold load: the verified bytes of a list into an empty kernel, beside bare `nft -f` of the same program from a file. Turn about, in a private namespace; the best
 * of all rounds counts, because other work on the machine only ever makes it slower. Peak memory is the agent's beside that nft's.
 */
export async function benchApply(): Promise<readonly BenchResult[]> {
  const folder = await mkdtemp(join(tmpdir(), 'edgeward-bench-'))
  await using network = await createTestNetwork({ clients: {} })
  const results: BenchResult[] = []
  try {
    for (const { name, rounds, ...size } of CASES) {
      const document = join(folder, 'list')
      const program = join(folder, 'program.nft')
      await writeFile(document, sampleDocument(size))
      await writeFile(program, compileNft(benchProgram(await readFile(document))))
      results.push(...(await measure(network.edge, name, rounds, document, program)))
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  return results
}

async function measure(
  edge: TestNamespace,
  name: string,
  rounds: number,
  document: string,
  program: string,
): Promise<readonly BenchResult[]> {
  const best = { ours: Infinity, parse: Infinity, bare: Infinity, agentKb: 0, nftKb: 0 }
  for (let round = 0; round < rounds; round += 1) {
    await edge.mustRun('nft', ['-f', '-'], { input: REMOVE })
    const bare = await timeBare(edge, program)
    await edge.mustRun('nft', ['-f', '-'], { input: REMOVE })
    const worker = await edge.mustRun(process.execPath, [WORKER, document], { timeoutMs: 300_000 })
    const { parseMs, applyMs, peakRssKb } = JSON.parse(worker.stdout) as ApplyTimes
    best.bare = Math.min(best.bare, bare.ms)
    best.ours = Math.min(best.ours, parseMs + applyMs)
    best.parse = Math.min(best.parse, parseMs)
    best.agentKb = Math.max(best.agentKb, peakRssKb)
    best.nftKb = Math.max(best.nftKb, bare.peakRssKb)
  }
  await edge.mustRun('nft', ['-f', '-'], { input: REMOVE })
  const row = (what: string, ours: number, limit: number, unit: string): BenchResult => ({
    bench: 'apply',
    case: `${name}, ${what}`,
    ours: Math.round(ours),
    limit: Math.round(limit),
    ratio: ours / limit,
    unit,
  })
  return [
    row('bytes to kernel', best.ours, best.bare, 'ms'),
    row('of that, reading the list', best.parse, best.bare, 'ms'),
    row('peak memory', best.agentKb / 1024, best.nftKb / 1024, 'MB'),
  ]
}

async function timeBare(edge: TestNamespace, program: string): Promise<{ ms: number; peakRssKb: number }> {
  const start = performance.now()
  const nft = edge.start('nft', ['-f', program])
  const ended = once(nft, 'exit').then(([code]) => ({ code: code as number | null, ms: performance.now() - start }))
  const complaint = nft.stderr === null ? '' : text(nft.stderr)
  const peakRssKb = await watchPeak(nft.pid ?? 0, ended)
  const { code, ms } = await ended
  if (code !== 0) throw new Error(`nft -f ended with ${code}: ${await complaint}`)
  return { ms, peakRssKb }
}

/** VmHWM only grows, so that the last look before the end is near the peak. */
async function watchPeak(pid: number, ended: Promise<unknown>): Promise<number> {
  let peakKb = 0
  let isRunning = true
  void ended.then(() => {
    isRunning = false
  })
  while (isRunning) {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
    peakKb = Math.max(peakKb, Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0))
    await pause(5)
  }
  return peakKb
}
