import type { Clock } from '../../rules/time/clock.ts'
import type { AgentStatus } from '../status/agent-status.ts'
import type { StatusBoard } from '../status/status-board.ts'
import { type Timers, wait } from '../time/timers.ts'
import type { Probe, ProbeResult } from './probe.ts'

type Outcome = NonNullable<AgentStatus['probe']>

/** The portal, asked around a change. */
export interface PortalTrial {
  readonly target: string
  /** Once, before the change. */
  askBefore(signal: AbortSignal): Promise<ProbeResult>
  /** Several tries after it, spread evenly; the first good one is enough. */
  askAfter(signal: AbortSignal): Promise<ProbeResult>
  /** Tells the status how it went. */
  show(outcome: Omit<Outcome, 'target' | 'at'>): void
}

export interface PortalTrialParts {
  readonly probe: Probe
  readonly board: StatusBoard
  readonly clock: Clock
  readonly timers: Timers
  readonly withinS: number
  readonly attempts: number
}

export function createPortalTrial({ probe, board, clock, timers, withinS, attempts }: PortalTrialParts): PortalTrial {
  return {
    target: probe.target,
    askBefore: (signal) => probe.ask(signal),
    async askAfter(signal) {
      const stepMs = Math.floor((withinS * 1000) / attempts)
      const startMs = clock.nowMs()
      let result: ProbeResult = { isWell: false, reason: 'nobody asked' }
      for (let attempt = 1; attempt <= attempts && !signal.aborted; attempt += 1) {
        result = await probe.ask(signal)
        if (result.isWell) break
        const restMs = stepMs * attempt - (clock.nowMs() - startMs)
        await wait(timers, Math.max(0, Math.min(stepMs, restMs)), signal)
      }
      return result
    },
    show: (outcome) => board.set({ probe: { target: probe.target, at: new Date(clock.nowMs()).toISOString(), ...outcome } }),
  }
}
