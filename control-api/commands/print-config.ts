import { configJsonSchema, optionRows, printConfig } from '../../rules/config/print-config.ts'
import { CONTROL_OPTIONS } from '../config/options.ts'
import { parseControlConfig } from '../config/parse-control-config.ts'
import type { Command } from './command.ts'
import { readConfigFile } from './load-config.ts'
import { DATA_FLAGS, parseFlags } from './parse-flags.ts'

export const printConfigCommand: Command = {
  name: 'print-config',
  summary: 'print the configuration in effect with all defaults; it holds no secret',
  usage: `[--config FILE] [--json-schema | --table]
  --config FILE   the configuration (YAML); left out: the defaults
  --json-schema   the JSON Schema of the file instead, for editors
  --table         the options as a table for a README instead`,
  example: 'control print-config > control.yaml',
  async run(args, io) {
    const { values } = parseFlags(args, {
      config: DATA_FLAGS.config,
      'json-schema': { type: 'boolean' },
      table: { type: 'boolean' },
    })
    const config = values.config === undefined ? parseControlConfig('') : await readConfigFile(values.config)
    if (values['json-schema'] === true)
      io.stdout.write(`${JSON.stringify(configJsonSchema(CONTROL_OPTIONS, 'Edgeward control API'), null, 2)}\n`)
    else if (values.table === true) io.stdout.write(`${optionRows(CONTROL_OPTIONS).join('\n')}\n`)
    else io.stdout.write(printConfig(CONTROL_OPTIONS, config))
    return 0
  },
}
