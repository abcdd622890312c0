/** Program of the benchmark `apply`: what an agent does from the verified bytes of a list to the kernel, once, in its own process and namespace. */
import { readFile } from 'node:fs/promises'
import { createNftFirewall } from '../agent/firewall/nft-firewall.ts'
import { loadNetlink } from '../agent/netlink/open-netlink.ts'
import { runProgram } from '../agent/process/run-program.ts'
import { EMPTY_BLOCK_SET } from '../rules/addresses/create-block-set.ts'
import type { FilterProgram } from '../rules/firewall/program.ts'
import { parseAllowDocument } from '../rules/revisions/parse-allow-document.ts'
import { assertPrivateNamespace } from '../test/support/netns.ts'

/** What the worker prints. */
export interface ApplyTimes {
  readonly parseMs: number
  readonly applyMs: number
  readonly peakRssKb: number
}

/** The program of a list as an agent with the shipped config has it. */
export function benchProgram(bytes: Uint8Array): FilterProgram {
  const { header, approved } = parseAllowDocument(bytes)
  return {
    revision: header.revision,
    digest: header.digest,
    mode: header.mode,
    refuse: 'reset',
    hooks: ['input'],
    guarded: { tcp: [80, 443], udp: [443] },
    interfaces: [],
    approved,
    management: EMPTY_BLOCK_SET,
    blocked: [],
  }
}

async function applyOnce(file: string): Promise<ApplyTimes> {
  assertPrivateNamespace()
  const bytes = await readFile(file)
  const fail = (what: unknown): never => {
    throw new Error(`The list did not go straight to the kernel: ${String(what)}`)
  }
  const firewall = createNftFirewall({ run: runProgram, netlink: await loadNetlink(), onMisfit: fail, onGivenUp: fail })
  const start = performance.now()
  const program = benchProgram(bytes)
  const parsed = performance.now()
  await firewall.apply(program)
  const applied = performance.now()
  return { parseMs: parsed - start, applyMs: applied - parsed, peakRssKb: process.resourceUsage().maxRSS }
}

if (import.meta.main) process.stdout.write(`${JSON.stringify(await applyOnce(process.argv[2] ?? ''))}\n`)
