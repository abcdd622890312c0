import { randomBytes } from 'node:crypto'
import { userInfo } from 'node:os'
import { AddressError } from '../../rules/addresses/address-error.ts'
import { parseBlock } from '../../rules/addresses/parse-block.ts'
import { judgeOpening, OpeningError } from '../../rules/lockout/opening.ts'
import type { AgentConfig } from '../config/agent-config.ts'
import { createFileOrders } from '../orders/file-orders.ts'
import { giveOrder } from '../orders/give-order.ts'
import type { OpeningOrder } from '../orders/order.ts'
import { OrderError } from '../orders/order-error.ts'
import type { AgentStatus } from '../status/agent-status.ts'
import { awaitStatus } from './await-status.ts'
import { type Command, type CommandIo, type ExitCode, UsageError } from './command.ts'
import { findDurationMs } from './duration.ts'
import { loadConfig } from './load-config.ts'
import { stateFolders } from './open-control.ts'
import { parseWords } from './read-options.ts'

/** Lets a source in past the list, for a while. */
export const breakGlass: Command = {
  name: 'break-glass',
  summary: 'let one address in past the list for a while, list who is let in, or shut it out again',
  usage:
    'open ADDRESS --for TIME --why WORDS | list [--json] | close ID   --config FILE\n' +
    '    ADDRESS         one address, or a small network (IPv4 /29, IPv6 /64, or longer)\n' +
    '    --for TIME      how long: 30m, 2h; breakGlass.maxHours is the limit\n' +
    '    --why WORDS     the reason, at least three words; it is logged and told to central IT\n' +
    '    --config FILE   the configuration (YAML) of the agent\n' +
    '  Needs root or the user of the agent. It ends by itself, also while the agent is down.',
  example:
    'agent break-glass open 203.0.113.7 --for 1h --why "night shift cannot reach the portal" --config /etc/edgeward/agent.yaml',
  run,
}

async function run(args: readonly string[], io: CommandIo): Promise<ExitCode> {
  const { values, positionals } = parseWords(args, {
    config: { type: 'string' },
    for: { type: 'string' },
    why: { type: 'string' },
    json: { type: 'boolean', default: false },
  })
  const [action, target, ...more] = positionals
  if (more.length > 0) throw new UsageError(`Too many words: ${JSON.stringify(more.join(' '))}; put the reason in quotes`)
  const config = await loadConfig(values.config, io)
  if (config === undefined) return 2
  try {
    if (action === 'open' && target !== undefined) return await openFor(target, values.for, values.why ?? '', config, io)
    if (action === 'list') return await list(config, values.json, io)
    if (action === 'close' && target !== undefined) return await close(target, config, io)
  } catch (error) {
    if (!(error instanceof OpeningError || error instanceof AddressError || error instanceof OrderError)) throw error
    io.stderr.write(`agent break-glass: ${error.message} (${error.code})\n`)
    return 1
  }
  throw new UsageError('Say open ADDRESS, list or close ID')
}

async function openFor(
  text: string,
  time: string | undefined,
  why: string,
  config: AgentConfig,
  io: CommandIo,
): Promise<ExitCode> {
  const lastsMs = findDurationMs(time ?? '')
  if (lastsMs === undefined) throw new UsageError('Say how long with --for: 30m or 2h, for example')
  const nowMs = Date.now()
  const id = randomBytes(8).toString('hex')
  const opening = {
    id,
    block: parseBlock(text),
    at: new Date(nowMs).toISOString(),
    until: new Date(nowMs + lastsMs).toISOString(),
    why: why.trim(),
    by: userInfo().username.slice(0, 64),
  }
  judgeOpening(opening, config.breakGlass, nowMs)
  const open = (await openingsOf(config)).filter(({ until, closedAt }) => closedAt === null && Date.parse(until) > nowMs)
  if (open.length >= config.breakGlass.maxOpen)
    throw new OpeningError(
      'OPENING_TOO_MANY',
      `Cannot open ${opening.block}: ${open.length} sources are open (breakGlass.maxOpen)`,
    )
  await giveOrder(stateFolders(config).orders, { kind: 'opening', ...opening, closedAt: null })
  io.stdout.write(`${id}\n`)
  return await report(
    `${opening.block} is let in until ${opening.until}; to end it earlier: agent break-glass close ${id}`,
    config,
    io,
    isIn(id),
  )
}

async function list(config: AgentConfig, isJson: boolean, io: CommandIo): Promise<ExitCode> {
  const openings = await openingsOf(config)
  const nowMs = Date.now()
  const live = openings.filter(({ until, closedAt }) => closedAt === null && Date.parse(until) > nowMs)
  if (isJson) io.stdout.write(`${JSON.stringify(live)}\n`)
  else for (const { id, block, until, by, why } of live) io.stdout.write(`${[id, block, until, by, why].join('\t')}\n`)
  return 0
}

async function close(id: string, config: AgentConfig, io: CommandIo): Promise<ExitCode> {
  const found = (await openingsOf(config)).find((order) => order.id === id)
  if (found === undefined)
    throw new OrderError('ORDER_UNKNOWN', `Nobody is let in by ${JSON.stringify(id)}; see: agent break-glass list`)
  await giveOrder(stateFolders(config).orders, { ...found, closedAt: new Date().toISOString() })
  return await report(`${found.block} is let in no more`, config, io, (status) => !isIn(id)(status))
}

async function openingsOf(config: AgentConfig): Promise<readonly OpeningOrder[]> {
  const { orders, faults } = await createFileOrders(stateFolders(config).orders).read()
  const [unreadable] = faults.filter(({ code }) => code === 'ORDERS_UNREADABLE')
  if (unreadable !== undefined) throw new OrderError('ORDERS_UNREADABLE', unreadable.message)
  return orders.filter((order) => order.kind === 'opening')
}

function isIn(id: string): (status: AgentStatus) => boolean {
  return (status) => status.openings.some((opening) => opening.id === id)
}

/** Waits until the running agent says that it is so. */
async function report(
  words: string,
  config: AgentConfig,
  io: CommandIo,
  isDone: (status: AgentStatus) => boolean,
): Promise<ExitCode> {
  const seen = await awaitStatus(config.status.socket, isDone, io.signal)
  if (seen === 'done') {
    io.stderr.write(`${words}. Central IT is told.\n`)
    return 0
  }
  io.stderr.write(
    seen === 'away'
      ? 'The order is written, but no agent runs here: nothing changes until it starts (systemctl start edgeward-agent).\n'
      : 'The order is written, but the agent has not carried it out yet; see: agent status\n',
  )
  return 1
}
