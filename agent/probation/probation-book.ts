import type { Clock } from '../../rules/time/clock.ts'
import type { Log } from '../log/log.ts'
import { faultOf } from '../status/fault.ts'
import type { StatusBoard } from '../status/status-board.ts'
import { EMPTY_RECORD, type HeldBack, type ProbationMemory, type ProbationRecord } from './probation-memory.ts'

/** The record of trials, in memory and on disk. */
export interface ProbationBook {
  readonly record: ProbationRecord
  /** Reads what the process before left behind. */
  recall(): Promise<void>
  /** A disk that fails must not stop a revocation: the trial goes on without a net under a crash, and says so. Never throws. */
  keep(change: Partial<ProbationRecord>): Promise<void>
  /** An entry of what is held back, of now. */
  entry(revision: number, reason: string): HeldBack
}

export interface ProbationBookParts {
  readonly memory: ProbationMemory
  readonly board: StatusBoard
  readonly log: Log
  readonly clock: Clock
}

const MAX_REASON_LENGTH = 500

export function createProbationBook({ memory, board, log, clock }: ProbationBookParts): ProbationBook {
  let record: ProbationRecord = EMPTY_RECORD
  const show = (): void => board.set({ heldBack: record.heldBack.map((held) => ({ ...held })) })
  return {
    get record() {
      return record
    },
    async recall() {
      record = await memory.recall()
      show()
    },
    async keep(change) {
      record = { ...record, ...change }
      show()
      try {
        await memory.keep(record)
        board.fault('probation', undefined)
      } catch (error) {
        const fault = faultOf(error)
        board.fault('probation', fault)
        log.error(fault, 'health check could not be remembered')
      }
    },
    entry: (revision, reason) => ({
      revision,
      at: new Date(clock.nowMs()).toISOString(),
      reason: reason.slice(0, MAX_REASON_LENGTH),
    }),
  }
}
