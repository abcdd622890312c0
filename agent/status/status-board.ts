import type { Clock } from '../../rules/time/clock.ts'
import type { AgentStatus } from './agent-status.ts'
import type { Fault } from './fault.ts'

/** Parts of the agent that can be at fault on their own. */
export type FaultArea =
  | 'pass'
  | 'start'
  | 'mode'
  | 'memory'
  | 'boot'
  | 'blocks'
  | 'seen'
  | 'report'
  | 'watch'
  | 'tallies'
  | 'uses'
  | 'documents'
  | 'hand-over'
  | 'gate-key'
  | 'enrol'
  | 'drift'
  | 'fight'
  | 'listen'
  | 'proof'
  | 'probation'
  | 'openings'
  | 'orders'
  | 'interfaces'
  | 'clock'

/** The status in memory: the parts write what happened, `read` only copies. */
export interface StatusBoard {
  set(change: Partial<Omit<AgentStatus, 'format' | 'at' | 'faults' | 'lastPull'>>): void
  /** Notes that a step of a pull happened now. */
  stamp(step: keyof AgentStatus['lastPull']): void
  /** Sets or, without a fault, clears the area's fault. The same code keeps its `since`. */
  fault(area: FaultArea, fault: Fault | undefined): void
  /** What `watch` says of itself and of its gate, in place of what it said before; without `since` it is that of now. */
  watchFaults(faults: readonly (Fault & { readonly since: string })[]): void
  read(): AgentStatus
}

export interface StatusIdentity {
  readonly name: string
  readonly agentVersion: string
  readonly localHold: boolean
  readonly backend: { readonly name: string; readonly reason: string }
}

export function createStatusBoard(identity: StatusIdentity, clock: Clock): StatusBoard {
  const now = (): string => new Date(clock.nowMs()).toISOString()
  const faults = new Map<FaultArea, AgentStatus['faults'][number]>()
  let ofWatch: AgentStatus['faults'] = []
  let lastPull: AgentStatus['lastPull'] = { triedAt: null, answeredAt: null, verifiedAt: null, appliedAt: null }
  let status: Omit<AgentStatus, 'at' | 'faults' | 'lastPull'> = {
    format: 'edgeward-status/1',
    ...identity,
    agentId: null,
    startedAt: now(),
    inForce: null,
    list: null,
    drift: {
      listening: 'off',
      found: 0,
      repaired: 0,
      lastAt: null,
      lastKind: null,
      lastProcess: null,
      lastRepairMs: null,
      isFought: false,
    },
    proof: null,
    stream: 'away',
    watch: 'away',
    blocked: [],
    probe: null,
    heldBack: [],
    openings: [],
    refused: { at: null, sources: [], total: { sources: 0, isFull: false, unlistedPackets: 0 } },
    flags: [],
    documents: { policy: 0, users: 0, grants: 0 },
    fleet: { version: 0, publishedAt: null, verdicts: 0, seen: 0, lastTallyAt: null },
    lastReportAt: null,
    host: null,
  }
  return {
    set(change) {
      status = { ...status, ...change }
    },
    stamp(step) {
      lastPull = { ...lastPull, [step]: now() }
    },
    fault(area, fault) {
      const before = faults.get(area)
      if (fault === undefined) faults.delete(area)
      else faults.set(area, { area, ...fault, since: before?.code === fault.code ? before.since : now() })
    },
    watchFaults(told) {
      ofWatch = told.map(({ code, message, since }) => ({
        area: code.startsWith('GATE_') ? 'gate' : 'watch',
        code,
        message,
        since: since === '' ? now() : since,
      }))
    },
    read: () => ({ ...status, at: now(), lastPull, faults: [...faults.values(), ...ofWatch] }),
  }
}
