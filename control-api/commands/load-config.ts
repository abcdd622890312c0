import { readFile } from 'node:fs/promises'
import { ConfigError } from '../../rules/config/config-error.ts'
import type { ControlConfig } from '../config/options.ts'
import { parseControlConfig } from '../config/parse-control-config.ts'
import { UsageError } from './command.ts'

/** What the flags `--config` and `--data` name; at least one must be given. @throws UsageError with all faults of the file, a line each */
export async function loadConfig(flags: {
  readonly config?: string | undefined
  readonly data?: string | undefined
}): Promise<ControlConfig> {
  if (flags.config === undefined && flags.data === undefined)
    throw new UsageError('Name the data folder (--data DIR) or the configuration (--config FILE)')
  const config = flags.config === undefined ? parseControlConfig('') : await readConfigFile(flags.config)
  return flags.data === undefined ? config : { ...config, data: { dir: flags.data } }
}

/** @throws UsageError with all faults, a line each: `control.yaml:3:5 server.port: must be integer` */
export async function readConfigFile(path: string): Promise<ControlConfig> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new UsageError(`Cannot read the configuration ${path}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    })
  })
  try {
    return parseControlConfig(text)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const lines = error.message.split('\n').map((line) => `${path}:${line}`)
    throw new UsageError(
      `The configuration has ${lines.length} ${lines.length === 1 ? 'fault' : 'faults'}:\n${lines.join('\n')}`,
      { cause: error },
    )
  }
}
