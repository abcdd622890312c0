import { digestOf } from '../../rules/addresses/block-set-lines.ts'
import type { AgentConfig } from '../config/agent-config.ts'
import { createEdgeShape } from '../config/create-edge-shape.ts'
import { DRIFT_ERRORS, DriftError } from '../drift/drift-error.ts'
import { findKernelReader } from '../drift/find-kernel-reader.ts'
import type { KernelDigests, KernelReader } from '../drift/kernel-reader.ts'
import { chooseBackend } from '../firewall/choose-backend.ts'
import type { Firewall, InForce } from '../firewall/firewall.ts'
import { FirewallError } from '../firewall/firewall-error.ts'
import { createFileMemory } from '../memory/file-memory.ts'
import type { LastGoodMemory } from '../memory/last-good.ts'
import { followProgram, runProgram } from '../process/run-program.ts'
import { recallRevision } from '../sync/recall-revision.ts'
import type { Command, CommandIo, ExitCode } from './command.ts'
import { loadConfig } from './load-config.ts'
import { stateFolders } from './open-control.ts'
import { readOptions } from './read-options.ts'

/** What a proof found. `--json` prints it as it stands; digests are empty where there is none. */
export interface Proof {
  readonly agrees: boolean
  readonly revision: number
  /** Of the list that the memory holds. */
  readonly signedDigest: string
  /** What the kernel's table says of itself. */
  readonly claimedDigest: string
  /** Of the elements themselves. */
  readonly kernelDigest: string
  readonly blocks: number
  /** What does not agree, in words. */
  readonly faults: readonly string[]
}

/** What a proof needs of the machine. */
export interface ProvePorts {
  readonly firewall: Pick<Firewall, 'inForce'>
  readonly reader: KernelReader | undefined
  readonly memory: LastGoodMemory
}

/** Reads back what the kernel really holds, with or without a running agent. */
export const prove: Command = {
  name: 'prove',
  summary: 'read every element back from the kernel and compare it with the signed list; changes nothing',
  usage:
    '--config FILE [--json]\n' +
    '    --config FILE   the configuration (YAML): backend, management prefixes and where the memory lies\n' +
    '    --json          the proof as one JSON object\n' +
    '  Needs CAP_NET_ADMIN and the rights to read the memory. Exit code 0: the kernel holds exactly the signed list.',
  example: 'agent prove --config /etc/edgeward/agent.yaml',
  async run(args, io) {
    const { config: file, json = false } = readOptions(args, { config: { type: 'string' }, json: { type: 'boolean' } })
    const config = await loadConfig(file, io)
    if (config === undefined) return 2
    const { firewall } = await chooseBackend(config.firewall.backend, { run: runProgram, onMisfit: () => undefined })
    const reader = findKernelReader(firewall.backend, runProgram, followProgram)
    const memory = createFileMemory(stateFolders(config).memory)
    return proveWith({ firewall, reader, memory }, config, json, io)
  },
}

/** The command with another machine. */
export async function proveWith(ports: ProvePorts, config: AgentConfig, isJson: boolean, io: CommandIo): Promise<ExitCode> {
  try {
    const proof = await makeProof(ports, digestOf(createEdgeShape(config).management), io.signal)
    io.stdout.write(isJson ? `${JSON.stringify(proof)}\n` : wordsOf(proof))
    return proof.agrees ? 0 : 1
  } catch (error) {
    if (!(error instanceof DriftError || error instanceof FirewallError)) throw error
    io.stderr.write(`agent prove: ${error.message} (${error.code})\n`)
    return 1
  }
}

async function makeProof({ firewall, reader, memory }: ProvePorts, management: string, signal: AbortSignal): Promise<Proof> {
  if (reader === undefined)
    throw new DriftError('PROOF_UNREADABLE', 'Cannot read anything back: no kernel is used here (dry run)')
  const claimed = await firewall.inForce()
  const found = await reader.read(signal)
  const { revision, faults: memoryFaults } = recallRevision(await memory.recall())
  const signedDigest = revision?.document.header.digest ?? ''
  const faults = [
    ...memoryFaults.map(({ message }) => message),
    ...disagreements(claimed, found, revision?.summary.revision, signedDigest, management),
  ]
  return {
    agrees: faults.length === 0,
    revision: claimed?.revision ?? 0,
    signedDigest,
    claimedDigest: claimed?.digest ?? '',
    kernelDigest: found.approved,
    blocks: found.blocks,
    faults,
  }
}

function disagreements(
  claimed: InForce | undefined,
  found: KernelDigests,
  signedRevision: number | undefined,
  signedDigest: string,
  management: string,
): readonly string[] {
  const faults: string[] = []
  if (claimed === undefined) faults.push('The rules are not whole: the kernel does not say which revision is in force')
  else if (found.approved !== claimed.digest)
    faults.push(`${DRIFT_ERRORS.PROOF_DIFFERS} (the digest that the rules themselves name)`)
  if (signedRevision === undefined) faults.push('The memory holds no signed list to compare with')
  else if (claimed !== undefined && claimed.revision !== signedRevision)
    faults.push(`The kernel names revision ${claimed.revision}, the memory holds ${signedRevision}`)
  else if (found.approved !== signedDigest) faults.push(DRIFT_ERRORS.PROOF_DIFFERS)
  if (found.management !== management) faults.push('The management prefixes in the kernel are not those of the config')
  return faults
}

function wordsOf({ agrees, revision, signedDigest, claimedDigest, kernelDigest, blocks, faults }: Proof): string {
  const headline = agrees
    ? `The kernel holds exactly the signed list of revision ${revision}: ${blocks} blocks.`
    : `THE KERNEL DOES NOT HOLD THE SIGNED LIST, or nobody can tell:\n${faults.map((fault) => `  ${fault}`).join('\n')}`
  const rows = [
    ['Signed', signedDigest],
    ['Claimed', claimedDigest],
    ['In the kernel', kernelDigest],
  ]
  return `${headline}\n\n${rows.map(([name = '', digest]) => `${name.padEnd(14)} ${digest === '' ? 'none' : digest}`).join('\n')}\n`
}
