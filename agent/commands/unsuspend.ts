import { randomBytes } from 'node:crypto'
import { access } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { maskAccount } from '../../rules/requests/mask-account.ts'
import { giveOrder } from '../orders/give-order.ts'
import { OrderError } from '../orders/order-error.ts'
import { findMaskingKey } from '../watch/masking-key.ts'
import { WatchError } from '../watch/watch-error.ts'
import { watchOrders } from '../watch/watch-orders.ts'
import { type Command, type CommandIo, type ExitCode, UsageError } from './command.ts'
import { loadConfig } from './load-config.ts'
import { parseWords } from './read-options.ts'

const TRIES = 50
const EVERY_MS = 200
const LONGEST_NAME = 64
/** Names that `maskAccount` changes. */
const HAS_IDENTIFIER = /\d{10,}/

/** Ends what this edge's own detection holds against an account. */
export const unsuspend: Command = {
  name: 'unsuspend',
  summary: 'release an account that this edge has suspended or slowed down; what was counted before no longer counts',
  usage:
    'ACCOUNT --why WORDS --config FILE\n' +
    '    ACCOUNT         its name, or as agent why and the flags write it\n' +
    '    --why WORDS     the reason, for the log\n' +
    '    --config FILE   the configuration (YAML) of agent and watch\n' +
    '  Needs root or the user of watch. A harvest that goes on is stopped again by what it does from now on. A verdict of all edges together is\n' +
    '  released at the centre: control fleet release ID.',
  example: 'agent unsuspend 01234_BV --why "their month-end check, called back" --config /etc/edgeward/agent.yaml',
  run,
}

async function run(args: readonly string[], io: CommandIo): Promise<ExitCode> {
  const { values, positionals } = parseWords(args, { config: { type: 'string' }, why: { type: 'string', default: '' } })
  const [name, ...more] = positionals
  const why = values.why.trim()
  if (name === undefined || name === '' || name.length > LONGEST_NAME || more.length > 0) throw new UsageError('Name one account')
  if (why === '' || why.length > 500) throw new UsageError('Say why with --why')
  const config = await loadConfig(values.config, io)
  if (config === undefined) return 2
  const { stateDir } = config.watch
  const id = randomBytes(8).toString('hex')
  const by = userInfo().username.slice(0, 64)
  try {
    const account = HAS_IDENTIFIER.test(name) ? await maskHere(name, stateDir) : name
    if (account === undefined) {
      io.stderr.write(`agent unsuspend: watch has never run with ${JSON.stringify(stateDir)}: it holds nothing against anybody\n`)
      return 1
    }
    const order = { kind: 'account-release', id, account, at: new Date().toISOString(), why, by } as const
    await giveOrder(watchOrders(stateDir), order)
  } catch (error) {
    if (!(error instanceof OrderError || error instanceof WatchError)) throw error
    io.stderr.write(`agent unsuspend: ${error.message} (${error.code})\n`)
    return 1
  }
  const isDone = await isTaken(join(watchOrders(stateDir), `${id}.json`), io.signal)
  io.stderr.write(
    isDone
      ? 'This edge holds nothing against the account any more. See what others hold: agent why ACCOUNT\n'
      : 'The order is written; watch carries it out as soon as it runs.\n',
  )
  return isDone ? 0 : 1
}

async function maskHere(name: string, stateDir: string): Promise<string | undefined> {
  const key = await findMaskingKey(stateDir)
  return key && maskAccount(name, key)
}

/** Whether the order is gone, ten seconds at most: `watch` takes it away when it is carried out. */
async function isTaken(path: string, signal: AbortSignal): Promise<boolean> {
  for (let tries = 0; tries < TRIES && !signal.aborted; tries++) {
    const isThere = await access(path).then(
      () => true,
      () => false,
    )
    if (!isThere) return true
    await sleep(EVERY_MS)
  }
  return false
}
