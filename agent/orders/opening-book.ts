import { AddressError } from '../../rules/addresses/address-error.ts'
import type { TimedBlock } from '../../rules/firewall/program.ts'
import { type JudgedOpening, judgeOpening, OpeningError, type OpeningLimits } from '../../rules/lockout/opening.ts'
import type { Clock } from '../../rules/time/clock.ts'
import type { Log } from '../log/log.ts'
import type { Fault } from '../status/fault.ts'
import type { StatusBoard } from '../status/status-board.ts'
import type { EdgeOpenings } from '../sync/edge.ts'
import type { OpeningOrder } from './order.ts'

/** The sources let in by hand: orders go in, what the kernel gets and the status shows comes out. */
export interface OpeningBook extends EdgeOpenings {
  /** Takes all orders of openings that there are now; the first that is none of ours is told. */
  take(orders: readonly OpeningOrder[]): Fault | undefined
  /** Orders that let nobody in any more: once the kernel knows, their files may go. */
  ended(): readonly string[]
}

export interface OpeningBookParts {
  readonly limits: OpeningLimits
  readonly clock: Clock
  readonly board: StatusBoard
  readonly log: Log
}

export function createOpeningBook({ limits, clock, board, log }: OpeningBookParts): OpeningBook {
  let openings: readonly JudgedOpening[] = []
  let ended: readonly string[] = []
  let told = new Set<string>()
  let hasLeftovers: boolean | undefined

  const live = (): readonly JudgedOpening[] => {
    const nowMs = clock.nowMs()
    return openings.filter(({ untilMs }) => untilMs > nowMs)
  }
  const keyOf = (list: readonly JudgedOpening[]): string => list.map(({ id, untilMs }) => `${id}:${untilMs}`).join(' ')

  return {
    take(orders) {
      const nowMs = clock.nowMs()
      let fault: Fault | undefined
      const taken: JudgedOpening[] = []
      const over: string[] = []
      for (const { kind: _kind, closedAt, ...opening } of orders) {
        try {
          const judged = judgeOpening(opening, limits, nowMs)
          if (closedAt !== null || judged.untilMs <= nowMs) over.push(opening.id)
          else if (taken.length < limits.maxOpen) taken.push(judged)
          else
            throw new OpeningError(
              'OPENING_TOO_MANY',
              `Cannot open ${judged.block}: ${limits.maxOpen} sources are open (breakGlass.maxOpen)`,
            )
        } catch (error) {
          if (!(error instanceof OpeningError || error instanceof AddressError)) throw error
          fault ??= { code: error.code, message: error.message }
        }
      }
      hasLeftovers ??= orders.length > 0
      const ids = new Set(taken.map(({ id }) => id))
      for (const { id, block, until, why, by } of taken)
        if (!told.has(id)) log.error({ id, block, until, why, by }, 'source was let in by hand, past the list')
      for (const { id, block } of openings) if (!ids.has(id)) log.warn({ id, block }, 'source let in by hand was shut out again')
      told = ids
      openings = taken
      ended = over
      return fault
    },
    ended: () => ended,
    timed() {
      const nowMs = clock.nowMs()
      return live().map(({ block, untilMs }): TimedBlock => ({ block, remainingMs: Math.max(1, Math.ceil(untilMs - nowMs)) }))
    },
    shown() {
      board.set({ openings: live().map(({ untilMs: _untilMs, ...opening }) => opening) })
    },
    key: () => keyOf(live()),
    get hasLeftovers() {
      return hasLeftovers ?? false
    },
  }
}
