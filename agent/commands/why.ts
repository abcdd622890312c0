import { AddressError } from '../../rules/addresses/address-error.ts'
import { parseBlock } from '../../rules/addresses/parse-block.ts'
import { SERVICE_OPTIONS } from '../config/agent-options.ts'
import { askAgent } from '../status/ask-status.ts'
import { StatusError } from '../status/status-error.ts'
import { WatchLinkError } from '../verdicts/watch-link-error.ts'
import { WATCH_OPTIONS } from '../watch/watch-options.ts'
import { accountWords, isHeldBack } from '../why/account-words.ts'
import { askAccount } from '../why/ask-account.ts'
import { WhyAnswer } from '../why/why-answer.ts'
import { type Command, type CommandIo, type ExitCode, UsageError } from './command.ts'
import { loadConfig } from './load-config.ts'
import { parseWords } from './read-options.ts'

/** Asks the running processes what holds for an address or an account. */
export const why: Command = {
  name: 'why',
  summary: 'say why an address is let in or not and by whose approval, or what is counted of an account',
  usage:
    'ADDRESS | ACCOUNT [--json] [--config FILE | --socket PATH]\n' +
    '    --json          the answer as JSON, for scripts\n' +
    '    --config FILE   where the processes listen, from the configuration (YAML)\n' +
    '    --socket PATH   the socket of the agent for an address, of watch for an account\n' +
    '  Exit code 0: let in, or an account that nothing is held against; 1: refused, flagged, suspended, slowed down, or nobody answers.',
  example: 'agent why 14.225.0.7 --config /etc/edgeward/agent.yaml',
  run,
}

async function run(args: readonly string[], io: CommandIo): Promise<ExitCode> {
  const { values, positionals } = parseWords(args, {
    json: { type: 'boolean', default: false },
    config: { type: 'string' },
    socket: { type: 'string' },
  })
  const [target, ...more] = positionals
  if (target === undefined || more.length > 0) throw new UsageError('Name one address or one account')
  if (values.socket !== undefined && values.config !== undefined)
    throw new UsageError('Cannot take both --socket and --config: name one')
  const config = values.config === undefined ? undefined : await loadConfig(values.config, io)
  if (values.config !== undefined && config === undefined) return 2
  const isAddress = /[.:]/.test(target)
  const fallback = (isAddress ? SERVICE_OPTIONS['status.socket'].fallback : WATCH_OPTIONS['watch.socket'].fallback) ?? ''
  const socket = values.socket ?? (isAddress ? config?.status.socket : config?.watch.socket) ?? fallback
  try {
    return isAddress ? await whyAddress(target, socket, values.json, io) : await whyAccount(target, socket, values.json, io)
  } catch (error) {
    if (!(error instanceof StatusError || error instanceof WatchLinkError)) throw error
    io.stderr.write(`agent why: ${error.message} (${error.code})\n`)
    return 1
  }
}

async function whyAddress(text: string, socket: string, isJson: boolean, io: CommandIo): Promise<ExitCode> {
  const answer = await askAgent(socket, `/why?ip=${encodeURIComponent(hostOf(text))}`, WhyAnswer, io.signal)
  io.stdout.write(isJson ? `${JSON.stringify(answer)}\n` : `${answer.words.vi}\n\n${answer.words.en}\n`)
  return answer.isLetIn ? 0 : 1
}

function hostOf(text: string): string {
  try {
    const block = parseBlock(text)
    if (block.includes('/')) throw new UsageError(`Ask about one address, not about the network ${block}`)
    return block
  } catch (error) {
    if (!(error instanceof AddressError)) throw error
    throw new UsageError(`${error.message} (${error.code})`, { cause: error })
  }
}

async function whyAccount(account: string, socket: string, isJson: boolean, io: CommandIo): Promise<ExitCode> {
  const answer = await askAccount(socket, account, io.signal)
  io.stdout.write(isJson ? `${JSON.stringify(answer)}\n` : accountWords(answer))
  return isHeldBack(answer) ? 1 : 0
}
