import { configJsonSchema, printConfig as printYaml } from '../../rules/config/print-config.ts'
import { AGENT_OPTIONS } from '../config/agent-config.ts'
import type { Command, CommandIo, ExitCode } from './command.ts'
import { loadConfig } from './load-config.ts'
import { readOptions } from './read-options.ts'

/** Shows what holds, fallbacks included. The config names files of secrets and never holds one, so there is nothing to hide. */
export const printConfig: Command = {
  name: 'print-config',
  summary: 'print the config that holds, every option with its meaning; or its JSON Schema',
  usage:
    '--config FILE | --schema\n    --config FILE   the configuration (YAML)\n    --schema        the JSON Schema of the file, for editors',
  example: 'agent print-config --config /etc/edgeward/agent.yaml',
  run,
}

async function run(args: readonly string[], io: CommandIo): Promise<ExitCode> {
  const { config: file, schema } = readOptions(args, { config: { type: 'string' }, schema: { type: 'boolean' } })
  if (schema === true) {
    io.stdout.write(`${JSON.stringify(configJsonSchema(AGENT_OPTIONS, 'Edgeward agent'), null, 2)}\n`)
    return 0
  }
  const config = await loadConfig(file, io)
  if (config === undefined) return 2
  io.stdout.write(printYaml(AGENT_OPTIONS, config))
  return 0
}
