import { randomBytes } from 'node:crypto'
import { userInfo } from 'node:os'
import { giveOrder } from '../orders/give-order.ts'
import { OrderError } from '../orders/order-error.ts'
import { awaitStatus } from './await-status.ts'
import { type Command, type CommandIo, type ExitCode, UsageError } from './command.ts'
import { loadConfig } from './load-config.ts'
import { stateFolders } from './open-control.ts'
import { readCount } from './program-options.ts'
import { parseWords } from './read-options.ts'

/** Lets a revision that failed its health check be tried again. */
export const release: Command = {
  name: 'release',
  summary: 'try a revision again that failed its health check here',
  usage:
    'REVISION --why WORDS --config FILE\n' +
    '    REVISION        its number, as agent status tells it\n' +
    '    --why WORDS     the reason, for the log\n' +
    '    --config FILE   the configuration (YAML) of the agent\n' +
    '  Needs root or the user of the agent. A newer revision is tried without this.',
  example: 'agent release 413 --why "the backend is repaired" --config /etc/edgeward/agent.yaml',
  run,
}

async function run(args: readonly string[], io: CommandIo): Promise<ExitCode> {
  const { values, positionals } = parseWords(args, { config: { type: 'string' }, why: { type: 'string', default: '' } })
  const [text, ...more] = positionals
  if (text === undefined || more.length > 0) throw new UsageError('Say which one: release REVISION')
  const revision = readCount('REVISION', text)
  const why = values.why.trim()
  if (revision === 0 || why === '' || why.length > 500) throw new UsageError('Name a revision from 1 on, and say why with --why')
  const config = await loadConfig(values.config, io)
  if (config === undefined) return 2
  const by = userInfo().username.slice(0, 64)
  const id = randomBytes(8).toString('hex')
  try {
    await giveOrder(stateFolders(config).orders, { kind: 'release', id, revision, at: new Date().toISOString(), why, by })
  } catch (error) {
    if (!(error instanceof OrderError)) throw error
    io.stderr.write(`agent release: ${error.message} (${error.code})\n`)
    return 1
  }
  const isFree = await awaitStatus(
    config.status.socket,
    (status) => !status.heldBack.some((held) => held.revision === revision),
    io.signal,
  )
  io.stderr.write(
    isFree === 'done'
      ? `Revision ${revision} is not held back; it is tried again with the next pull, if it is still the newest.\n`
      : 'The order is written; the agent carries it out as soon as it runs. See: agent status\n',
  )
  return isFree === 'done' ? 0 : 1
}
