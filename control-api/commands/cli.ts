import { findSystemRefusal } from '../../rules/config/find-system-refusal.ts'
import { ControlError } from '../http/control-error.ts'
import { PublicationError } from '../publication/publication-error.ts'
import { StoreError } from '../store/store-error.ts'
import type { Command, CommandIo, ExitCode } from './command.ts'
import { UsageError } from './command.ts'

/** Each command is loaded when it is asked for, so that `audit` does not pay for fastify. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  init: async () => (await import('./init.ts')).init,
  serve: async () => (await import('./serve.ts')).serve,
  import: async () => (await import('./import.ts')).importFile,
  sample: async () => (await import('./sample.ts')).sample,
  publish: async () => (await import('./publish.ts')).publish,
  agents: async () => (await import('./agents.ts')).agents,
  fleet: async () => (await import('./fleet.ts')).fleet,
  otp: async () => (await import('./otp.ts')).otp,
  rehearsal: async () => (await import('./rehearsal.ts')).rehearsal,
  users: async () => (await import('./users.ts')).users,
  policy: async () => (await import('./policy.ts')).policy,
  tokens: async () => (await import('./tokens.ts')).tokens,
  keys: async () => (await import('./keys.ts')).keys,
  audit: async () => (await import('./audit.ts')).audit,
  'print-config': async () => (await import('./print-config.ts')).printConfigCommand,
  'check-config': async () => (await import('./check-config.ts')).checkConfig,
}

/** Finds the command, answers `--help`, turns wrong usage into exit code 2 and a refusal into 1. */
export async function runCli(argv: readonly string[], io: CommandIo): Promise<ExitCode> {
  const [name, ...args] = argv
  if (name === undefined || name === '--help' || name === 'help') {
    ;(name === undefined ? io.stderr : io.stdout).write(await overview())
    return name === undefined ? 2 : 0
  }
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (load === undefined) {
    io.stderr.write(`control: no command ${JSON.stringify(name)}\n\n${await overview()}`)
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
    if (error instanceof UsageError) {
      io.stderr.write(`control ${name}: ${error.message}\nTry: control ${name} --help\n`)
      return 2
    }
    const refusal = findSystemRefusal(error)
    if (refusal !== undefined) {
      io.stderr.write(`control ${name}: ${refusal}\n`)
      return 1
    }
    if (!isRefusal(error)) throw error
    io.stderr.write(`control ${name}: ${error.code}: ${error.message}\n${figuresOf(error)}`)
    return 1
  }
}

function isRefusal(error: unknown): error is ControlError | PublicationError | StoreError {
  return error instanceof ControlError || error instanceof PublicationError || error instanceof StoreError
}

function figuresOf(error: ControlError | PublicationError | StoreError): string {
  if (!(error instanceof ControlError)) return ''
  const faults = error.errors.map(({ path, message }) => `  ${path} ${message}\n`)
  const facts = Object.entries(error.facts).map(([name, value]) => `  ${name}: ${String(value)}\n`)
  return [...faults, ...facts].join('')
}

function helpOf(command: Command): string {
  return `control ${command.name}: ${command.summary}\n\nUsage:\n  control ${command.name} ${command.usage}\n\nExample:\n  ${command.example}\n`
}

async function overview(): Promise<string> {
  const commands = await Promise.all(Object.values(COMMANDS).map((load) => load()))
  const width = Math.max(0, ...commands.map((command) => command.name.length))
  const rows = commands.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`)
  return `Usage: control <command> [options]\n\n${rows.join('\n')}\n\ncontrol <command> --help tells more.\n`
}
