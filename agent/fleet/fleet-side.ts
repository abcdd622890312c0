import type { Flag } from '../../rules/reports/flag.ts'
import type { Clock } from '../../rules/time/clock.ts'
import type { ControlClient } from '../control/control-client.ts'
import type { Log } from '../log/log.ts'
import type { StatusBoard } from '../status/status-board.ts'
import { every, type Timers } from '../time/timers.ts'
import { createFleetVerdicts } from './fleet-verdicts.ts'
import type { FleetWatch } from './fleet-watch.ts'
import { createRehearsalCarrier } from './rehearsal-carrier.ts'
import { createTallyCarrier } from './tally-carrier.ts'
import { createUseCarrier } from './use-carrier.ts'
import { createUserUseCarrier } from './user-use-carrier.ts'

/** How often `watch` is asked for what waits for central; it makes a tally every 10 to 60 s. */
const CARRY_MS = 10_000
/** How often it is asked for uses of grants: all edges are to know within 5 s. */
const CARRY_USES_MS = 1000
/** How often it is asked on which day named users were last seen. */
const CARRY_DAYS_MS = 600_000
/** How often it is asked what the rehearsal of the account policy counted. */
const CARRY_REHEARSAL_MS = 300_000
/** How often it is asked who is meant, while there are verdicts. */
const LOOK_MS = 5000

/** The edge's part in what all edges count together. */
export interface FleetSide extends Disposable {
  /** Takes to central what `watch` counted, and which grants were used, until disposed. */
  keepCarrying(client: Pick<ControlClient, 'postBytes' | 'postJson'>, signal: AbortSignal): Disposable
  /** Takes signed verdicts that the metadata calls `version`, and asks `watch` whom they mean. @throws BlocksError; TrustError TARGET_MISMATCH, METADATA_OLDER */
  take(version: number, bytes: Uint8Array, signal: AbortSignal): void
}

export interface FleetSideParts {
  readonly watch: FleetWatch
  readonly board: StatusBoard
  readonly clock: Clock
  readonly timers: Timers
  readonly log: Log
  /** Gets the flags that the verdicts come to here. */
  readonly onFlags: (flags: readonly Flag[]) => void
}

export function createFleetSide({ timers, ...parts }: FleetSideParts): FleetSide {
  const { watch, board, clock, log } = parts
  const verdicts = createFleetVerdicts(parts)
  let looking: Disposable | undefined
  const lookOn = (signal: AbortSignal): void => {
    looking?.[Symbol.dispose]()
    looking = undefined
    if (!signal.aborted && verdicts.hasLive)
      looking = timers.after(LOOK_MS, () => void verdicts.look(signal).then(() => lookOn(signal)))
  }
  return {
    keepCarrying(client, signal) {
      const carrier = createTallyCarrier({ watch, client, board, clock, log })
      const uses = createUseCarrier({ watch, client, board, clock, log })
      const carrying = new DisposableStack()
      carrying.use(every(timers, CARRY_MS, () => void carrier.carry(signal)))
      const users = createUserUseCarrier({ watch, client, clock, log })
      carrying.use(every(timers, CARRY_DAYS_MS, () => void users.carry(signal)))
      const rehearsal = createRehearsalCarrier({ watch, client, clock, log })
      carrying.use(every(timers, CARRY_REHEARSAL_MS, () => void rehearsal.carry(signal)))
      carrying.use(every(timers, CARRY_USES_MS, () => void uses.carry(signal)))
      return carrying
    },
    take(version, bytes, signal) {
      verdicts.take(version, bytes)
      void verdicts.look(signal).then(() => lookOn(signal))
    },
    [Symbol.dispose]() {
      looking?.[Symbol.dispose]()
    },
  }
}
