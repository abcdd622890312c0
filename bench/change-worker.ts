/** Program of the benchmark `change`: one host in or out of a loaded list, again and again, as an agent does it; the time until the kernel has it. */
import { createNftFirewall } from '../agent/firewall/nft-firewall.ts'
import { type RunProgram, runProgram } from '../agent/process/run-program.ts'
import type { BlockSet } from '../rules/addresses/block-set.ts'
import { digestOf } from '../rules/addresses/block-set-lines.ts'
import type { FilterProgram } from '../rules/firewall/program.ts'
import { assertPrivateNamespace } from '../test/support/netns.ts'
import { benchProgram } from './apply-worker.ts'
import { sampleDocument, sampleHosts } from './sample-lists.ts'

/** What the worker prints: milliseconds of each change. */
export interface ChangeTimes {
  readonly ours: readonly number[]
  readonly bare: readonly number[]
}

async function changeAgainAndAgain(hosts: number, prefixes: number, changes: number): Promise<ChangeTimes> {
  assertPrivateNamespace()
  const full = benchProgram(sampleDocument({ hosts, prefixes }))
  let committedMs = 0
  const run: RunProgram = async (file, args, options) => {
    const result = await runProgram(file, args, options)
    if (args.includes('-f')) committedMs = performance.now()
    return result
  }
  const firewall = createNftFirewall({
    run,
    onMisfit: (error) => {
      throw error
    },
  })
  await firewall.apply(full)
  const all = sampleHosts(hosts)
  const ours: number[] = []
  const bare: number[] = []
  for (let change = 0; change < changes; change += 1) {
    // Out and in again by turns, another host each time.
    const missing = all[Math.floor((change * hosts) / changes)] ?? 0
    const approved: BlockSet =
      change % 2 === 0 ? { ...full.approved, host4: all.filter((host) => host !== missing) } : full.approved
    const program: FilterProgram = { ...full, revision: full.revision + 1 + change, approved, digest: digestOf(approved) }
    const start = performance.now()
    await firewall.apply(program)
    ours.push(committedMs - start)
    const bareStart = performance.now()
    await run('nft', ['-f', '-'], {
      input: [`${change % 2 === 0 ? 'add' : 'delete'} element inet edgeward host4 { 11.0.0.1 }\n`],
    })
    bare.push(committedMs - bareStart)
  }
  return { ours, bare }
}

if (import.meta.main) {
  const [hosts = 0, prefixes = 0, changes = 0] = process.argv.slice(2).map(Number)
  process.stdout.write(`${JSON.stringify(await changeAgainAndAgain(hosts, prefixes, changes))}\n`)
}
