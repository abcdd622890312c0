import { readFile } from 'node:fs/promises'
import { createAgent } from '../agent.ts'
import { findLoopback } from '../config/loopback.ts'
import { findKernelReader } from '../drift/find-kernel-reader.ts'
import { findKernelWatch } from '../drift/find-kernel-watch.ts'
import { createOwnChanges } from '../drift/own-changes.ts'
import { tidyAfterReading } from '../drift/tidy-after-reading.ts'
import { createFileSideStore } from '../hand-over/file-side-store.ts'
import { createFolderHandOver } from '../hand-over/folder-hand-over.ts'
import { createHostSight } from '../lockout/host-sight.ts'
import { createJsonLog } from '../log/log.ts'
import { createBootProgramFiles } from '../memory/boot-program.ts'
import { createFileMemory } from '../memory/file-memory.ts'
import { findNetlinkWay } from '../netlink/netlink-way.ts'
import { createFileOrders } from '../orders/file-orders.ts'
import { createFileProbationMemory } from '../probation/file-probation-memory.ts'
import { findNetworkProbe } from '../probation/network-probe.ts'
import { followProgram, runProgram } from '../process/run-program.ts'
import { createServiceManager } from '../process/service-manager.ts'
import { createMemoryTidy } from '../process/tidy-memory.ts'
import { createHostFacts } from '../report/host-facts.ts'
import { listenStatus } from '../status/listen-status.ts'
import { lockState } from '../status/lock-state.ts'
import { StatusError } from '../status/status-error.ts'
import { createSystemClock, createSystemTimers } from '../time/system-time.ts'
import type { Command, CommandIo, ExitCode } from './command.ts'
import { loadConfig } from './load-config.ts'
import { openCentral, stateFolders } from './open-control.ts'
import { openFirewall } from './open-firewall.ts'
import { readOptions } from './read-options.ts'

/** The agent's service. */
export const run: Command = {
  name: 'run',
  summary: 'keep the signed list in force: pull, verify, enforce, report',
  usage: '--config FILE   the configuration (YAML); logs are JSON lines on standard output',
  example: 'agent run --config /etc/edgeward/agent.yaml',
  run: runService,
}

async function runService(args: readonly string[], io: CommandIo): Promise<ExitCode> {
  const { config: file } = readOptions(args, { config: { type: 'string' } })
  const config = await loadConfig(file, io)
  if (config === undefined) return 2
  const log = createJsonLog(config.log.level, { write: (line) => void io.stdout.write(line) })
  const clock = createSystemClock()
  const own = createOwnChanges(runProgram)
  const way = await findNetlinkWay(log)
  const { firewall, reason, iptables } = await openFirewall(config.firewall.backend, own.run, log, { ...way, mark: own.mark })
  const timers = createSystemTimers()
  const hasNft = firewall.backend === 'nft'
  const watch = findKernelWatch({ netlink: way.netlink, follow: followProgram, own, timers, log })
  const agent = createAgent({
    config,
    agentVersion: await readVersion(),
    firewall,
    kernel: {
      watch: hasNft ? watch : undefined,
      reader: tidyAfterReading(findKernelReader(firewall.backend, runProgram, followProgram), createMemoryTidy(clock)),
    },
    get backendReason() {
      if (!hasNft) return reason
      return config.drift.listen ? `${way.words()}; ${watch.words()}` : way.words()
    },
    memory: createFileMemory(stateFolders(config).memory),
    bootFiles: createBootProgramFiles(stateFolders(config).boot),
    bootBackend: iptables && { iptables },
    serviceManager: createServiceManager(io.env.NOTIFY_SOCKET, runProgram, log),
    openCentral: (signal) => openCentral(config, clock, log, signal),
    hostFacts: createHostFacts(),
    sideStore: createFileSideStore(stateFolders(config).documents),
    handOver: createFolderHandOver(config.gate.dir),
    lockout: {
      sight: createHostSight(),
      probe: findNetworkProbe(config.probe),
      probation: createFileProbationMemory(stateFolders(config).memory),
      orders: createFileOrders(stateFolders(config).orders),
    },
    clock,
    timers,
    random: Math.random,
    log,
  })
  try {
    await using status = await listenStatus(
      () => agent.status(),
      config.status.socket,
      findLoopback(config.status.listen),
      (source) => agent.why(source),
    )
    await using _lock = await lockState(config.stateDir)
    log.info(
      { name: config.name, backend: firewall.backend, socket: config.status.socket, url: status.url ?? null },
      'agent started',
    )
    await agent.run(io.signal)
    log.info({}, 'agent stopped; the rules stay in force')
    return 0
  } catch (error) {
    if (!(error instanceof StatusError)) throw error
    io.stderr.write(`agent run: ${error.message} (${error.code})\n`)
    return 1
  }
}

/** The version in the package's manifest, which lies beside the sources and beside the installed program. */
async function readVersion(): Promise<string> {
  const manifest = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')) as {
    readonly version: string
  }
  return manifest.version
}
