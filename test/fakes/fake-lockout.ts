import type { LockoutPorts } from '../../agent/agent.ts'
import type { HostSight } from '../../agent/lockout/host-sight.ts'
import { MemoryError } from '../../agent/memory/memory-error.ts'
import type { Order, OrderFault, Orders } from '../../agent/orders/order.ts'
import { EMPTY_RECORD, type ProbationMemory, type ProbationRecord } from '../../agent/probation/probation-memory.ts'
import type { Probe, ProbeResult } from '../../agent/probation/probe.ts'
import type { Block } from '../../rules/addresses/block.ts'
import { parseBlock } from '../../rules/addresses/parse-block.ts'

/** A host whose connections, portal, disk and people are as a test says. */
export interface FakeLockout extends LockoutPorts {
  readonly sight: FakeSight
  readonly probe: FakeProbe | undefined
  readonly probation: FakeProbationMemory
  readonly orders: FakeOrders
}

export interface FakeSight extends HostSight {
  /** Somebody is connected from `peer` to `localPort`; `isLoggedIn` is what logind says. */
  connect(peer: string, localPort: number, isLoggedIn?: boolean): void
  disconnect(peer: string): void
  /** What the resolver says of every name. */
  resolve(...addresses: readonly string[]): void
}

export interface FakeProbe extends Probe {
  readonly asked: number
  /** How the portal does from now on; a function is asked each time. */
  answer(result: ProbeResult | (() => ProbeResult)): void
  /** The next answer waits until the returned function is called or the asking is given up. */
  hold(): () => void
}

export interface FakeProbationMemory extends ProbationMemory {
  readonly record: ProbationRecord
  failNext(): void
}

export interface FakeOrders extends Orders {
  /** A person gives an order; whoever watches hears of it. */
  give(order: Order): void
  /** Something else lies among the orders. */
  spoil(fault: OrderFault): void
  readonly left: readonly Order[]
}

/** Nobody is connected, the health check is off unless `hasProbe`, nobody ordered anything. */
export function createFakeLockout({ hasProbe = false }: { readonly hasProbe?: boolean } = {}): FakeLockout {
  return {
    sight: createFakeSight(),
    probe: hasProbe ? createFakeProbe() : undefined,
    probation: createFakeProbationMemory(),
    orders: createFakeOrders(),
  }
}

function createFakeSight(): FakeSight {
  const connections = new Map<Block, { readonly localPort: number; readonly isLoggedIn: boolean }>()
  let resolved: readonly Block[] = []
  return {
    connect(peer, localPort, isLoggedIn = true) {
      connections.set(parseBlock(peer), { localPort, isLoggedIn })
    },
    disconnect(peer) {
      connections.delete(parseBlock(peer))
    },
    resolve(...addresses) {
      resolved = addresses.map((address) => parseBlock(address))
    },
    connections: async () => [...connections].map(([peer, { localPort }]) => ({ localPort, peer })),
    logins: async () => new Set([...connections].filter(([, { isLoggedIn }]) => isLoggedIn).map(([peer]) => peer)),
    outgoingPorts: async () => ({ from: 32_768, to: 60_999 }),
    interfaces: async () => ['lo', 'eth0'],
    addressesOf: async () => resolved,
  }
}

function createFakeProbe(): FakeProbe {
  let next: ProbeResult | (() => ProbeResult) = { isWell: true }
  let gate: Promise<void> | undefined
  let asked = 0
  return {
    target: 'http://portal.example/',
    get asked() {
      return asked
    },
    answer(result) {
      next = result
    },
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>()
      gate = promise
      return () => {
        gate = undefined
        resolve()
      }
    },
    async ask(signal) {
      asked += 1
      const stopped = new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => resolve(), { once: true })
      })
      if (gate !== undefined) await Promise.race([gate, stopped])
      return typeof next === 'function' ? next() : next
    },
  }
}

function createFakeProbationMemory(): FakeProbationMemory {
  let record: ProbationRecord = EMPTY_RECORD
  let willFail = false
  return {
    get record() {
      return record
    },
    failNext() {
      willFail = true
    },
    recall: async () => structuredClone(record),
    async keep(next) {
      if (willFail) {
        willFail = false
        throw new MemoryError('STATE_UNWRITABLE', 'The fake was told to fail')
      }
      record = structuredClone(next)
    },
  }
}

function createFakeOrders(): FakeOrders {
  const orders = new Map<string, Order>()
  const listeners = new Set<() => void>()
  let faults: readonly OrderFault[] = []
  const tell = (): void => {
    for (const listener of listeners) listener()
  }
  return {
    get left() {
      return [...orders.values()]
    },
    give(order) {
      orders.set(order.id, order)
      tell()
    },
    spoil(fault) {
      faults = [...faults, fault]
      tell()
    },
    read: async () => ({ orders: [...orders.values()], faults }),
    async remove(id) {
      orders.delete(id)
    },
    watch(onChange) {
      listeners.add(onChange)
      return { [Symbol.dispose]: () => void listeners.delete(onChange) }
    },
  }
}
