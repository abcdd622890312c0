import type { AccountTally } from '../../rules/detect/detector.ts'
import type { ShadowTally } from '../../rules/detect/shadows.ts'
import type { LineFault } from '../../rules/requests/line-fault.ts'
import type { GateStatus } from '../gate/gate-status.ts'

/** One log as the status tells it. Nothing in it is text from the log. */
export interface LogStatus {
  readonly path: string
  readonly format: string
  readonly isThere: boolean
  readonly lines: number
  readonly requests: number
  /** Look-ups whose account nobody can tell. */
  readonly unnamed: number
  /** Lines that gave no request, by reason. */
  readonly faults: Partial<Record<LineFault, number>>
  readonly readBytes: number
  readonly behindBytes: number
  /** Age of the newest line read while there are bytes to read, milliseconds; 0 when all is read. */
  readonly lagMs: number
  /** ISO 8601; `null` before the first. */
  readonly newestLineAt: string | null
  readonly lostBytes: number
  readonly losses: number
  readonly rotations: number
  readonly truncations: number
}

/** A fault that holds now, by its code. */
export interface WatchFault {
  readonly code: string
  readonly message: string
  readonly since: string
}

/** What `GET /status` answers. */
export interface WatchStatus {
  readonly startedAt: string
  /** Every log was read to its end at least once. */
  readonly isReady: boolean
  readonly logs: readonly LogStatus[]
  readonly accounts: {
    readonly held: number
    readonly evicted: number
    /** Requests that came too late to be counted in every window. */
    readonly late: number
    /** The busiest of the last hour, masked, as of the last few seconds. */
    readonly top: readonly AccountTally[]
  }
  readonly flags: { readonly live: number; readonly listeners: number }
  /** What the rules in shadow mode would have done. */
  readonly shadows: readonly ShadowTally[]
  readonly faults: readonly WatchFault[]
  /** Where a gate is kept. */
  readonly gate?: GateStatus
}
