/** Program of the benchmark `apply-ipset`: from the verified bytes of a list to the kernel, then one host more, in its own process and namespace. */
import { readFile } from 'node:fs/promises'
import { createIpsetFirewall } from '../agent/firewall/ipset-firewall.ts'
import { findIptablesVariant } from '../agent/firewall/iptables-variant.ts'
import { runProgram } from '../agent/process/run-program.ts'
import { assertPrivateNamespace } from '../test/support/netns.ts'
import { type ApplyTimes, benchProgram } from './apply-worker.ts'

/** What the worker prints. */
export interface IpsetTimes extends ApplyTimes {
  /** The best of several. */
  readonly changeMs: number
}

/** One host out and in again, so many times in turn; the best counts, here and of bare ipset. */
export const CHANGES = 10

async function applyAndChange(file: string): Promise<IpsetTimes> {
  assertPrivateNamespace()
  const bytes = await readFile(file)
  const firewall = createIpsetFirewall({ run: runProgram, variant: await findIptablesVariant(runProgram) })
  const start = performance.now()
  const program = benchProgram(bytes)
  const parsed = performance.now()
  await firewall.apply(program)
  const applied = performance.now()
  let changeMs = Infinity
  const { host4 } = program.approved
  const without = { ...program.approved, host4: host4.subarray(0, host4.length - 1) }
  for (let index = 1; index <= CHANGES; index += 1) {
    const before = performance.now()
    await firewall.apply({
      ...program,
      revision: program.revision + index,
      approved: index % 2 === 1 ? without : program.approved,
    })
    changeMs = Math.min(changeMs, performance.now() - before)
  }
  const peakRssKb = process.resourceUsage().maxRSS
  return { parseMs: parsed - start, applyMs: applied - parsed, changeMs, peakRssKb }
}

if (import.meta.main) process.stdout.write(`${JSON.stringify(await applyAndChange(process.argv[2] ?? ''))}\n`)
