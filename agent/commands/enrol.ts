import { faultOf } from '../status/fault.ts'
import { createSystemClock } from '../time/system-time.ts'
import { type Command, type CommandIo, type ExitCode, UsageError } from './command.ts'
import { loadConfig } from './load-config.ts'
import { enrolWith, readTokenFile } from './open-control.ts'
import { readOptions } from './read-options.ts'

/** Gives this edge its identity. */
export const enrol: Command = {
  name: 'enrol',
  summary: 'spend a one-time token: make the key of this edge, pin the root of trust',
  usage:
    '--config FILE --token-file FILE\n' +
    '    --config FILE       the configuration (YAML)\n' +
    '    --token-file FILE   the token that central IT gave out; - reads standard input',
  example: 'agent enrol --config /etc/edgeward/agent.yaml --token-file -',
  run,
}

async function run(args: readonly string[], io: CommandIo): Promise<ExitCode> {
  const values = readOptions(args, { config: { type: 'string' }, 'token-file': { type: 'string' } })
  const tokenFile = values['token-file']
  if (tokenFile === undefined) throw new UsageError('Cannot enrol without a token: name its file with --token-file FILE')
  const config = await loadConfig(values.config, io)
  if (config === undefined) return 2
  try {
    const token = await readTokenFile(tokenFile, io.stdin)
    const { agentId, name } = await enrolWith(config, token, createSystemClock(), io.signal)
    io.stdout.write(`${agentId}\n`)
    io.stderr.write(`${name} is enrolled as ${agentId}; its private key never leaves ${config.stateDir}.\n`)
    return 0
  } catch (error) {
    const { code, message } = faultOf(error)
    io.stderr.write(`agent enrol: ${message} (${code})\n`)
    return 1
  }
}
