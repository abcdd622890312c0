import { ConfigError } from '../../rules/config/config-error.ts'
import { type AgentConfig, readAgentConfig } from '../config/agent-config.ts'
import { type CommandIo, UsageError } from './command.ts'

/** Reads a command's config file. `undefined` where it has faults: they stand on standard error then, a line each, and the command ends with 2. @throws UsageError */
export async function loadConfig(file: string | undefined, io: CommandIo): Promise<AgentConfig | undefined> {
  if (file === undefined) throw new UsageError('Cannot go on without a config: name it with --config FILE')
  try {
    return await readAgentConfig(file)
  } catch (error) {
    if (error instanceof ConfigError) {
      writeFaults(file, error, io)
      return undefined
    }
    if (!(error instanceof Error && 'syscall' in error)) throw error
    throw new UsageError(`Cannot read the config ${JSON.stringify(file)}: ${error.message}`, { cause: error })
  }
}

/** The faults of a YAML file on standard error, a line each. */
export function writeFaults(file: string, { faults }: ConfigError, io: CommandIo): void {
  const lines = faults.map(
    ({ line, column, path, message, code }) =>
      `${file}:${line}:${column} ${path === '' ? '' : `${path}: `}${message} (${code})\n`,
  )
  io.stderr.write(`${lines.join('')}${lines.length === 1 ? 'One fault' : `${lines.length} faults`} in ${file}.\n`)
}
