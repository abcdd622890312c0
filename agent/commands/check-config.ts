import type { Command, CommandIo, ExitCode } from './command.ts'
import { loadConfig } from './load-config.ts'
import { readOptions } from './read-options.ts'

/** Judges a config file and starts nothing. */
export const checkConfig: Command = {
  name: 'check-config',
  summary: 'judge a config file: all faults by path, line and column',
  usage: '--config FILE   the configuration (YAML) of agent and watch',
  example: 'agent check-config --config /etc/edgeward/agent.yaml',
  run,
}

async function run(args: readonly string[], io: CommandIo): Promise<ExitCode> {
  const { config: file } = readOptions(args, { config: { type: 'string' } })
  const config = await loadConfig(file, io)
  if (config === undefined) return 2
  io.stdout.write(`${file}: no faults\n`)
  return 0
}
