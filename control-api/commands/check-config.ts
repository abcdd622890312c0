import type { Command } from './command.ts'
import { readConfigFile } from './load-config.ts'
import { DATA_FLAGS, parseFlags, requireFlag } from './parse-flags.ts'

export const checkConfig: Command = {
  name: 'check-config',
  summary: 'name all faults of a configuration by path, with line and column; exit code 2 if there are any',
  usage: '--config FILE   the configuration (YAML)',
  example: 'control check-config --config /etc/edgeward/control.yaml',
  async run(args, io) {
    const { values } = parseFlags(args, { config: DATA_FLAGS.config })
    const path = requireFlag(values.config, '--config')
    await readConfigFile(path)
    io.stderr.write(`${path} has no faults.\n`)
    return 0
  },
}
