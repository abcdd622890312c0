import type { Log } from '../log/log.ts'
import type { Probation } from '../probation/probation.ts'
import { faultOf } from '../status/fault.ts'
import type { StatusBoard } from '../status/status-board.ts'
import type { Edge } from '../sync/edge.ts'
import type { OpeningBook } from './opening-book.ts'
import type { Orders, ReleaseOrder } from './order.ts'

/** Reads the orders of the people at this host and has them carried out. */
export interface OrderDesk {
  /** Reads them without carrying any out: before the edge is restored. Never throws. */
  open(): Promise<void>
  /** Carries out what there is; true where something changed that central should hear of. Never throws. */
  review(): Promise<boolean>
}

export interface OrderDeskParts {
  readonly orders: Orders
  readonly book: OpeningBook
  readonly edge: Edge
  readonly probation: Probation
  readonly board: StatusBoard
  readonly log: Log
}

export function createOrderDesk({ orders, book, edge, probation, board, log }: OrderDeskParts): OrderDesk {
  let last: Promise<unknown> = Promise.resolve()

  const read = async (): Promise<readonly ReleaseOrder[]> => {
    const { orders: found, faults } = await orders.read()
    const fault = book.take(found.filter((order) => order.kind === 'opening')) ?? faults[0]
    board.fault('orders', fault)
    if (fault !== undefined) log.warn(fault, 'order of a person at this host was not taken')
    return found.filter((order) => order.kind === 'release')
  }

  const release = async (order: ReleaseOrder): Promise<void> => {
    const { id, revision, why, by } = order
    const wasHeldBack = await probation.release(revision)
    log.warn({ id, revision, why, by, wasHeldBack }, 'revision was released by hand')
    await orders.remove(id)
  }

  const review = async (): Promise<boolean> => {
    const before = book.key()
    try {
      const releases = await read()
      for (const order of releases) await release(order)
      await edge.showOpenings()
      for (const id of book.ended()) await orders.remove(id)
      return releases.length > 0 || before !== book.key()
    } catch (error) {
      board.fault('orders', faultOf(error))
      return false
    }
  }

  return {
    async open() {
      await read()
    },
    review() {
      const done = last.then(review)
      last = done
      return done
    },
  }
}
