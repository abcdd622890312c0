import type { AgentConfig } from '../config/agent-config.ts'
import { createEdgeShape } from '../config/create-edge-shape.ts'
import { createBootProgramFiles } from '../memory/boot-program.ts'
import { MemoryError } from '../memory/memory-error.ts'
import { ProgramError } from '../process/program-error.ts'
import { runProgram } from '../process/run-program.ts'
import { type BootBackend, bootFilesOf, openBootFiles } from '../sync/boot-keeper.ts'
import { planClosed } from '../sync/plan-program.ts'
import type { Command, CommandIo, ExitCode } from './command.ts'
import { loadConfig } from './load-config.ts'
import { stateFolders } from './open-control.ts'
import { readOptions } from './read-options.ts'

/** For a host that boots before its agent ever ran, such as one made from an image; the agent does the same at each start. */
export const prepareBoot: Command = {
  name: 'prepare-boot',
  summary: 'tell the boot loader what holds before the first list: firewall.beforeFirstList',
  usage: '--config FILE   the configuration (YAML); run it as the user of the agent, to whom the state folder belongs',
  example: 'agent prepare-boot --config /etc/edgeward/agent.yaml',
  run,
}

async function run(args: readonly string[], io: CommandIo): Promise<ExitCode> {
  const { config: file } = readOptions(args, { config: { type: 'string' } })
  const config = await loadConfig(file, io)
  if (config === undefined) return 2
  const isClosed = config.firewall.beforeFirstList === 'closed' && config.firewall.backend !== 'dry-run'
  const { boot } = stateFolders(config)
  const backend = await findBootBackend(config)
  try {
    await createBootProgramFiles(boot).keep(
      'before-first-list',
      isClosed ? bootFilesOf(planClosed(createEdgeShape(config)), backend) : openBootFiles(backend),
    )
  } catch (error) {
    if (!(error instanceof MemoryError)) throw error
    io.stderr.write(`agent prepare-boot: ${error.message} (${error.code})\n`)
    return 1
  }
  const words = isClosed ? 'only the management prefixes pass' : 'the guarded ports are open'
  io.stderr.write(`Before the first list ${words}, from the next boot on.\n`)
  return 0
}

/** By what is installed: this command may have no rights over the kernel. */
async function findBootBackend({ firewall }: AgentConfig): Promise<BootBackend> {
  if (firewall.backend === 'ipset') return { iptables: 'own' }
  const isThere = async (file: 'nft' | 'ipset') => {
    try {
      return (await runProgram(file, ['--version'])).exitCode === 0
    } catch (error) {
      if (error instanceof ProgramError) return false
      throw error
    }
  }
  return firewall.backend === 'auto' && !(await isThere('nft')) && (await isThere('ipset')) ? { iptables: 'own' } : 'nft'
}
