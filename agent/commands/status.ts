import { SERVICE_OPTIONS } from '../config/agent-options.ts'
import { askStatus } from '../status/ask-status.ts'
import { StatusError } from '../status/status-error.ts'
import { statusWords } from '../status/status-words.ts'
import { type Command, type CommandIo, type ExitCode, UsageError } from './command.ts'
import { loadConfig } from './load-config.ts'
import { readOptions } from './read-options.ts'

/** Asks the running agent how it does. */
export const status: Command = {
  name: 'status',
  summary: 'ask the running agent what is in force, since when, and what is wrong',
  usage:
    '[--json] [--socket PATH | --config FILE]\n' +
    '    --json          the status as JSON, for scripts\n' +
    `    --socket PATH   where the agent listens; without it ${SERVICE_OPTIONS['status.socket'].fallback}\n` +
    '    --config FILE   take the socket from this configuration',
  example: 'agent status --json',
  run,
}

async function run(args: readonly string[], io: CommandIo): Promise<ExitCode> {
  const values = readOptions(args, { json: { type: 'boolean' }, socket: { type: 'string' }, config: { type: 'string' } })
  const { json, socket, config: file } = values
  if (socket !== undefined && file !== undefined) throw new UsageError('Cannot take both --socket and --config: name one')
  const config = file === undefined ? undefined : await loadConfig(file, io)
  if (file !== undefined && config === undefined) return 2
  const path = socket ?? config?.status.socket ?? SERVICE_OPTIONS['status.socket'].fallback
  try {
    const found = await askStatus(path ?? '', io.signal)
    io.stdout.write(json === true ? `${JSON.stringify(found, null, 2)}\n` : statusWords(found))
    return 0
  } catch (error) {
    if (!(error instanceof StatusError)) throw error
    io.stderr.write(
      `agent status: ${error.message} (${error.code})\n` +
        'The rules that were in force stay in force without the agent. To see why it is away:\n' +
        '  systemctl status edgeward-agent; journalctl -u edgeward-agent -n 50\n' +
        'If it listens elsewhere, name the place with --socket or --config; the socket can be read by its group only.\n',
    )
    return 1
  }
}
