import type { Registrations } from '../../rules/detect/registered-facility.ts'
import type { AgentConfig } from '../config/agent-config.ts'
import { type Gate, openGate } from '../gate/gate.ts'
import { createGateMemory } from '../gate/gate-memory.ts'
import { createThreadedHandOver } from '../gate/reading/threaded-hand-over.ts'
import { createThreadedHaproxy } from '../haproxy/keeping/threaded-haproxy.ts'
import { createJsonLog } from '../log/log.ts'
import { MemoryError } from '../memory/memory-error.ts'
import { readRegular } from '../memory/read-regular.ts'
import { lockState } from '../status/lock-state.ts'
import { StatusError } from '../status/status-error.ts'
import { createSystemClock, createSystemTimers } from '../time/system-time.ts'
import { readMaskingKey } from '../watch/masking-key.ts'
import { parseRegistrations } from '../watch/parse-registrations.ts'
import { readTallyKey } from '../watch/tally-key.ts'
import { createThreadedWatch } from '../watch/thread/threaded-watch.ts'
import type { Watch } from '../watch/watch.ts'
import { WatchError } from '../watch/watch-error.ts'
import { openWatchMemory } from '../watch/watch-memory.ts'
import { hasWatch } from '../watch/watch-options.ts'
import { createWatchServer, listenWatch } from '../watch/watch-server.ts'
import type { WatchStatus } from '../watch/watch-status.ts'
import { type Command, type CommandIo, type ExitCode, UsageError } from './command.ts'
import { loadConfig } from './load-config.ts'
import { readOptions } from './read-options.ts'

/** The service that reads access logs. */
export const watch: Command = {
  name: 'watch',
  summary: 'follow access logs, count every account, flag harvesters to the agent, decide for proxies (gate)',
  usage: '--config FILE   the configuration (YAML) that it shares with the agent; logs are JSON lines on standard output',
  example: 'agent watch --config /etc/edgeward/agent.yaml',
  run,
}

async function run(args: readonly string[], io: CommandIo): Promise<ExitCode> {
  const { config: file } = readOptions(args, { config: { type: 'string' } })
  const config = await loadConfig(file, io)
  if (config === undefined) return 2
  if (!hasWatch(config))
    throw new UsageError(
      'Cannot watch nothing: the config names no log in watch.logs, no socket in watch.syslog and no gate in gate.socket',
    )
  try {
    await serve(config, io)
    return 0
  } catch (error) {
    if (!(error instanceof WatchError || error instanceof MemoryError)) throw error
    io.stderr.write(`agent watch: ${error.message} (${error.code})\n`)
    return error.code === 'BAD_REGISTRATIONS' ? 2 : 1
  }
}

async function serve({ name, watch: options, gate: gateOptions, log: { level } }: AgentConfig, io: CommandIo): Promise<void> {
  const log = createJsonLog(level, { write: (line) => void io.stdout.write(line) })
  const timers = createSystemTimers()
  const registrations = await readRegistrations(options.registrationsFile)
  const memory = await openWatchMemory(options.stateDir)
  // Before anything of it is read: what another watch has written since would be overwritten.
  await using _lock = await lockWatchState(options.stateDir)
  const tallyKey = await readTallyKey(options.tallies.keyFile)
  const key = await readMaskingKey(options.stateDir)
  const clock = createSystemClock()
  const monotonicMs = (): number => performance.now()
  const watching = await createThreadedWatch(options, {
    memory,
    key,
    registrations,
    ...(tallyKey === undefined ? {} : { tallies: { edge: name, key: tallyKey } }),
    clock,
    monotonicMs,
    timers,
    log,
  })
  const gate =
    gateOptions.socket === ''
      ? undefined
      : await openGate(
          { ...gateOptions, tellFacility: options.tallies.tellFacility },
          {
            memory: createGateMemory(options.stateDir),
            maskingKey: key,
            tallyKey,
            flags: watching.flags,
            clock,
            monotonicMs,
            timers,
            log,
            openHandOver: (folder, taken, taker) => createThreadedHandOver(folder, taken, taker, { timers }),
            openHaproxy: (makeData) => createThreadedHaproxy(makeData, { timers }),
          },
        )
  const server = createWatchServer({
    flags: watching.flags,
    readStatus: () => statusOf(watching, gate),
    tallies: watching.tallies,
    findAccounts: (tokens) => watching.findAccounts(tokens),
    ...(gate === undefined ? {} : { gate }),
    timers,
  })
  await using _listening = await listenWatch(server, options.socket)
  log.info({ logs: options.logs.map(({ path }) => path), socket: options.socket }, 'watch started')
  await Promise.all([watching.run(io.signal), gate?.run(io.signal)])
  log.info({}, 'watch stopped')
}

function statusOf(watching: Watch, gate: Gate | undefined): WatchStatus {
  const status = watching.status()
  if (gate === undefined) return status
  return { ...status, faults: [...status.faults, ...gate.faults()], gate: gate.status() }
}

async function lockWatchState(stateDir: string): Promise<AsyncDisposable> {
  try {
    return await lockState(stateDir)
  } catch (cause) {
    if (!(cause instanceof StatusError)) throw cause
    const words = `Cannot start: another watch works with ${JSON.stringify(stateDir)}; end it first`
    throw new WatchError('WATCH_STATE_IN_USE', words, { cause })
  }
}

async function readRegistrations(file: string): Promise<Registrations | undefined> {
  if (file === '') return undefined
  try {
    return parseRegistrations((await readRegular(file)).toString('utf8'))
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new WatchError('BAD_REGISTRATIONS', `Cannot use the registrations ${JSON.stringify(file)}: ${reason}`, { cause })
  }
}
