import type { Clock } from '../rules/time/clock.ts'
import type { AgentConfig } from './config/agent-config.ts'
import type { ControlClient } from './control/control-client.ts'
import type { KernelReader } from './drift/kernel-reader.ts'
import type { KernelWatch } from './drift/kernel-watch.ts'
import type { Firewall } from './firewall/firewall.ts'
import type { FleetWatch } from './fleet/fleet-watch.ts'
import type { HandOver } from './hand-over/hand-over.ts'
import type { SideStore } from './hand-over/side-store.ts'
import type { HostSight } from './lockout/host-sight.ts'
import type { Log } from './log/log.ts'
import type { BootProgramFiles } from './memory/boot-program.ts'
import type { LastGoodMemory } from './memory/last-good.ts'
import type { Orders } from './orders/order.ts'
import type { ProbationMemory } from './probation/probation-memory.ts'
import type { Probe } from './probation/probe.ts'
import type { ServiceManager } from './process/service-manager.ts'
import type { HostFactsSource } from './report/host-facts.ts'
import type { BootBackend } from './sync/boot-keeper.ts'
import type { Timers } from './time/timers.ts'
import type { RevisionSource } from './trust/revision-source.ts'

/** The way to central, there once the edge is enrolled. */
export interface Central {
  readonly agentId: string
  readonly client: ControlClient
  readonly source: RevisionSource
}

/** Ears and eyes for what the kernel really holds; `undefined` where the backend has none. */
export interface KernelPorts {
  readonly watch: KernelWatch | undefined
  readonly reader: KernelReader | undefined
}

/** What keeps people from being locked out. */
export interface LockoutPorts {
  readonly sight: HostSight
  /** `undefined`: the health check is off. */
  readonly probe: Probe | undefined
  readonly probation: ProbationMemory
  readonly orders: Orders
}

/** All that the agent reaches; `run` builds the real ones, tests their own. */
export interface AgentPorts {
  readonly config: AgentConfig
  readonly agentVersion: string
  readonly firewall: Firewall
  readonly kernel: KernelPorts
  /** Why this backend was chosen and how it makes changes, for the status; may change while the agent runs. */
  readonly backendReason: string
  readonly memory: LastGoodMemory
  readonly bootFiles: BootProgramFiles
  /** What the boot loader loads with; nft if not given. */
  readonly bootBackend?: BootBackend | undefined
  readonly serviceManager: ServiceManager
  /** Gives the way to central; asked again while it throws, because a token may come or the network may not be up yet. */
  readonly openCentral: (signal: AbortSignal) => Promise<Central>
  readonly hostFacts: HostFactsSource
  /** What `watch` is asked for central; its socket if not given. */
  readonly fleetWatch?: FleetWatch
  readonly lockout: LockoutPorts
  /** What is kept of the documents beside the list, and where they are left for `watch`. */
  readonly sideStore: SideStore
  readonly handOver: HandOver
  readonly clock: Clock
  readonly timers: Timers
  /** 0 ≤ number < 1. */
  readonly random: () => number
  readonly log: Log
}
