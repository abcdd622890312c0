import { findSystemRefusal } from '../../rules/config/find-system-refusal.ts'
import type { Command, CommandIo, ExitCode } from './command.ts'
import { UsageError } from './command.ts'

/** Each command is loaded when it is asked for, so that `addresses` does not pay for fastify. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  run: async () => (await import('./run.ts')).run,
  watch: async () => (await import('./watch.ts')).watch,
  enrol: async () => (await import('./enrol.ts')).enrol,
  'prepare-boot': async () => (await import('./prepare-boot.ts')).prepareBoot,
  'check-config': async () => (await import('./check-config.ts')).checkConfig,
  'print-config': async () => (await import('./print-config.ts')).printConfig,
  status: async () => (await import('./status.ts')).status,
  why: async () => (await import('./why.ts')).why,
  'break-glass': async () => (await import('./break-glass.ts')).breakGlass,
  release: async () => (await import('./release.ts')).release,
  unsuspend: async () => (await import('./unsuspend.ts')).unsuspend,
  prove: async () => (await import('./prove.ts')).prove,
  addresses: async () => (await import('./addresses.ts')).addresses,
  parse: async () => (await import('./parse.ts')).parse,
  compile: async () => (await import('./compile.ts')).compile,
  plan: async () => (await import('./plan.ts')).plan,
  replay: async () => (await import('./replay.ts')).replay,
  rehearse: async () => (await import('./rehearse.ts')).rehearse,
  'check-policy': async () => (await import('./check-policy.ts')).checkPolicy,
  'check-proxy': async () => (await import('./check-proxy.ts')).checkProxy,
}

/** Finds the command, answers `--help`, and turns wrong usage into exit code 2 with a way out. */
export async function runCli(argv: readonly string[], io: CommandIo): Promise<ExitCode> {
  const [name, ...args] = argv
  if (name === undefined || name === '--help' || name === 'help') {
    ;(name === undefined ? io.stderr : io.stdout).write(await overview())
    return name === undefined ? 2 : 0
  }
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (load === undefined) {
    io.stderr.write(`agent: no command ${JSON.stringify(name)}\n\n${await overview()}`)
    return 2
  }
  const command = await load()
  if (args.includes('--help')) {
    io.stdout.write(helpOf(command))
    return 0
  }
  try {
    return await command.run(args, io)
  } catch (error) {
    const refusal = findSystemRefusal(error)
    if (refusal !== undefined) {
      io.stderr.write(`agent ${name}: ${refusal}\n`)
      return 1
    }
    if (!(error instanceof UsageError)) throw error
    io.stderr.write(`agent ${name}: ${error.message}\nTry: agent ${name} --help\n`)
    return 2
  }
}

function helpOf(command: Command): string {
  return `agent ${command.name}: ${command.summary}\n\nUsage:\n  agent ${command.name} ${command.usage}\n\nExample:\n  ${command.example}\n`
}

async function overview(): Promise<string> {
  const commands = await Promise.all(Object.values(COMMANDS).map((load) => load()))
  const width = Math.max(0, ...commands.map((command) => command.name.length))
  const rows = commands.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`)
  return `Usage: agent <command> [options]\n\n${rows.join('\n')}\n\nagent <command> --help tells more.\n`
}
