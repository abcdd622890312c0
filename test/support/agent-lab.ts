import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { stringify } from 'yaml'
import { type Agent, type AgentPorts, createAgent } from '../../agent/agent.ts'
import { parseAgentConfig } from '../../agent/config/agent-config.ts'
import { createFakeBootProgramFiles, type FakeBootProgramFiles } from '../fakes/fake-boot-program-files.ts'
import { createFakeControlClient, type FakeControlClient } from '../fakes/fake-control-client.ts'
import { createFakeFirewall, type FakeFirewall } from '../fakes/fake-firewall.ts'
import { createFakeHandOver, createFakeSideStore, type FakeHandOver, type FakeSideStore } from '../fakes/fake-hand-over.ts'
import { createFakeKernel, type FakeKernel } from '../fakes/fake-kernel.ts'
import { createFakeLockout, type FakeLockout } from '../fakes/fake-lockout.ts'
import { createFakeLog, type FakeLog } from '../fakes/fake-log.ts'
import { createFakeMemory, type FakeMemory } from '../fakes/fake-memory.ts'
import { createFakeServiceManager, type FakeServiceManager } from '../fakes/fake-service-manager.ts'
import { createFakeSource, type FakeSource } from '../fakes/fake-source.ts'
import { createFakeTime, type FakeTime, settle } from '../fakes/fake-time.ts'

/** An agent whose kernel, disk, time and control API are fakes. */
export interface AgentLab {
  readonly agent: Agent
  readonly firewall: FakeFirewall
  readonly kernel: FakeKernel
  readonly memory: FakeMemory
  readonly bootFiles: FakeBootProgramFiles
  readonly serviceManager: FakeServiceManager
  readonly source: FakeSource
  readonly client: FakeControlClient
  readonly time: FakeTime
  readonly log: FakeLog
  readonly lockout: FakeLockout
  readonly sideStore: FakeSideStore
  readonly handOver: FakeHandOver
  /** Begins to work; done when the first pass has ended and everything is quiet. */
  start(): Promise<void>
  /** As SIGTERM does. */
  stop(): Promise<void>
  /** As SIGKILL and a new start do: a new agent on the same kernel, disk and repository. */
  restart(more?: AgentLabOptions): Promise<AgentLab>
}

export interface AgentLabOptions {
  /** Options of the config file beside the ones that every lab has; dotted paths nested by the caller. */
  readonly config?: Readonly<Record<string, unknown>>
  readonly ports?: Partial<AgentPorts>
  readonly startMs?: number
  /** Instead of a host where nobody is connected and no health check is made. */
  readonly lockout?: FakeLockout
}

export const LAB_START_MS = Date.UTC(2024, 6, 27, 3, 0, 30)

export function createAgentLab(options: AgentLabOptions = {}): AgentLab {
  const firewall = createFakeFirewall()
  const parts = {
    firewall,
    kernel: createFakeKernel(firewall),
    memory: createFakeMemory(),
    bootFiles: createFakeBootProgramFiles(),
    serviceManager: createFakeServiceManager(),
    source: createFakeSource(),
    client: createFakeControlClient(),
    time: createFakeTime(options.startMs ?? LAB_START_MS),
    log: createFakeLog(),
    lockout: options.lockout ?? createFakeLockout(),
    sideStore: createFakeSideStore(),
    handOver: createFakeHandOver(false),
  }
  return labOf(parts, options)
}

function labOf(parts: Omit<AgentLab, 'agent' | 'start' | 'stop' | 'restart'>, options: AgentLabOptions): AgentLab {
  const { firewall, kernel, memory, bootFiles, serviceManager, source, client, time, log } = parts
  const stopping = new AbortController()
  let running: Promise<void> = Promise.resolve()
  const agent = createAgent({
    config: labConfig(options.config),
    agentVersion: '0.1.0',
    firewall,
    kernel,
    backendReason: '',
    memory,
    bootFiles,
    serviceManager,
    openCentral: async () => ({ agentId: 'agent-1', client, source }),
    hostFacts: {
      read: async () => ({
        hostname: 'edge-1',
        os: 'Debian GNU/Linux 12',
        kernel: '6.1',
        cpus: 2,
        memoryBytes: 2 ** 31,
        freeMemoryBytes: 2 ** 30,
        load1: 0.5,
        uptimeS: 60,
        agentRssBytes: 2 ** 26,
      }),
    },
    lockout: parts.lockout,
    sideStore: parts.sideStore,
    handOver: parts.handOver,
    clock: time,
    timers: time,
    random: () => 0.5,
    log,
    ...options.ports,
  })
  const stop = async (): Promise<void> => {
    stopping.abort()
    await running
  }
  onTestFinished(stop)
  return {
    agent,
    ...parts,
    async start() {
      running = agent.run(stopping.signal)
      await settle()
    },
    stop,
    async restart(more = {}) {
      await stop()
      const next = labOf({ ...parts, lockout: more.lockout ?? parts.lockout }, { ...options, ...more })
      await next.start()
      return next
    },
  }
}

/** The config of a lab: minimal, without a listening socket of `watch`. */
export function labConfig(more: Readonly<Record<string, unknown>> = {}) {
  return parseAgentConfig(
    stringify({
      name: 'edge-1',
      control: { url: 'https://control.example' },
      management: { prefixes: ['198.18.5.0/24'] },
      watch: { socket: join('/nonexistent', 'watch.sock') },
      ...more,
    }),
  )
}
