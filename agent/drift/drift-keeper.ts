import type { Clock } from '../../rules/time/clock.ts'
import { keepConnected } from '../control/keep-connected.ts'
import type { Doubt } from '../firewall/firewall.ts'
import type { Look } from '../firewall/found-drift.ts'
import type { Log } from '../log/log.ts'
import { faultOf } from '../status/fault.ts'
import type { StatusBoard } from '../status/status-board.ts'
import type { Edge } from '../sync/edge.ts'
import type { Timers } from '../time/timers.ts'
import { DriftError } from './drift-error.ts'
import { bothDoubts, type ChangeDoubt, type DriftKind, doubtOf, type KernelProcess, kindOf } from './kernel-change.ts'
import type { KernelWatch } from './kernel-watch.ts'

export interface DriftKeeperParts {
  readonly edge: Edge
  readonly board: StatusBoard
  readonly log: Log
  readonly clock: Clock
  readonly timers: Timers
  /** 0 ≤ number < 1. */
  readonly random: () => number
  /** `undefined` where this backend has none: then the keeper looks from time to time. */
  readonly watch: KernelWatch | undefined
  /** Says what differs from what was left, where the kernel tells of no changes: found by comparing, so nobody can be named. */
  readonly compare?: (() => Promise<Look>) | undefined
  /** How often it looks while it cannot listen. */
  readonly lookEveryMs: number
  /** Asked for once it listens or knows that it cannot, and where changes may have gone unseen. */
  readonly wantProof: () => void
  readonly patience?: Partial<DriftPatience>
}

/** Finds what others do to our rules and has it put right. */
export interface DriftKeeper {
  /** Works until `signal` is aborted. Never throws. */
  run(signal: AbortSignal): Promise<void>
  /** Somebody changed our rules: has it counted, told and put right. */
  found(kind: DriftKind, process: KernelProcess | undefined, doubt: Doubt): void
  /** Looks whether the rules are as we left them, and has them put right; elements are not looked at. Never throws. */
  look(): Promise<void>
  /** Ends once nothing is being put right. */
  idle(): Promise<void>
}

/** How much is borne before somebody counts as fighting us, and what then. */
export interface DriftPatience {
  /** Whoever changes our rules so often within the window fights us. */
  readonly fightCount: number
  readonly windowMs: number
  /** After so long without a change the fight is over. */
  readonly calmMs: number
  /** So many repairs of a window are at once; then each waits longer than the last, up to `waitMaxMs`. */
  readonly freeRepairs: number
  readonly waitBaseMs: number
  readonly waitMaxMs: number
}

const PATIENCE: DriftPatience = {
  fightCount: 5,
  windowMs: 60_000,
  calmMs: 120_000,
  freeRepairs: 3,
  waitBaseMs: 250,
  waitMaxMs: 3000,
}
const LISTEN_AGAIN = { baseMs: 1000, maxMs: 60_000 } as const

export function createDriftKeeper(parts: DriftKeeperParts): DriftKeeper {
  const { edge, board, log, clock, timers } = parts
  const patience = { ...PATIENCE, ...parts.patience }
  /** Instants of the latest changes, oldest first. */
  let recent: number[] = []
  let doubt: ChangeDoubt | undefined
  let doubtedSinceMs = 0
  let waiting: Disposable | undefined
  let repairing: Promise<void> | undefined
  let calm: Disposable | undefined
  let fighter: KernelProcess | undefined
  let failures = 0
  let isOver = false

  const show = (change: Partial<ReturnType<StatusBoard['read']>['drift']>): void =>
    board.set({ drift: { ...board.read().drift, ...change } })

  const repair = async (): Promise<void> => {
    while (doubt !== undefined && waiting === undefined && !isOver) {
      const doubted = doubt
      doubt = undefined
      try {
        await edge.mend(doubted.doubt, doubted.hosts)
        failures = 0
        board.fault('drift', undefined)
        const repairMs = Math.max(0, clock.nowMs() - doubtedSinceMs)
        show({ repaired: board.read().drift.repaired + 1, lastRepairMs: repairMs })
        log.info({ repairMs }, 'rules were put right')
        // Not all was written anew: what else there is, is what was told of it.
        if (doubted.doubt !== 'rules' && (doubted.hosts !== undefined || doubted.doubt !== 'elements')) parts.wantProof()
      } catch (error) {
        failures += 1
        const fault = faultOf(error)
        board.fault('drift', fault)
        log.error(fault, 'rules could not be put right')
        doubt = { doubt: 'rules' }
      }
      pause()
    }
    repairing = undefined
  }

  /** Holds the next repair back where there were many, or where the last one failed. */
  const pause = (): void => {
    const step = Math.max(recent.length - patience.freeRepairs, failures)
    if (step <= 0 || isOver) return
    waiting = timers.after(Math.min(patience.waitMaxMs, patience.waitBaseMs * 2 ** Math.min(step, 10)), () => {
      waiting = undefined
      start()
    })
  }

  const start = (): void => {
    if (waiting === undefined && doubt !== undefined && !isOver) repairing ??= repair()
  }

  const noteFight = (nowMs: number, process: KernelProcess | undefined): void => {
    recent = [...recent.filter((at) => at > nowMs - patience.windowMs), nowMs].slice(-patience.fightCount * 4)
    fighter = process ?? fighter
    calm?.[Symbol.dispose]()
    calm = timers.after(patience.calmMs, () => {
      recent = []
      fighter = undefined
      if (board.read().drift.isFought) log.info({}, 'nobody changes our rules any more')
      board.fault('fight', undefined)
      show({ isFought: false })
    })
    if (recent.length < patience.fightCount) return
    const who = fighter === undefined ? 'somebody whom the kernel did not name' : `${fighter.name} (process ${fighter.pid})`
    const words = `Our rules were changed ${recent.length} times within ${patience.windowMs / 1000} s, last by ${who}; they are put right each time. Stop that program, or have it leave the table inet edgeward, or the chains EDGEWARD and sets edgeward-, alone`
    if (!board.read().drift.isFought) log.error({ ...fighter, times: recent.length }, 'another program fights over our rules')
    board.fault('fight', faultOf(new DriftError('DRIFT_FOUGHT', words)))
    show({ isFought: true })
  }

  const note = (kind: DriftKind, process: KernelProcess | undefined): void => {
    const nowMs = clock.nowMs()
    const { drift } = board.read()
    show({ found: drift.found + 1, lastAt: new Date(nowMs).toISOString(), lastKind: kind, lastProcess: process ?? null })
    log.warn({ kind, process: process?.name ?? null, pid: process?.pid ?? null }, 'somebody else changed our rules')
    noteFight(nowMs, process)
  }

  const take = (kind: DriftKind, process: KernelProcess | undefined, doubted: ChangeDoubt): void => {
    if (process === undefined && doubt !== undefined) return
    note(kind, process)
    if (doubt === undefined) doubtedSinceMs = clock.nowMs()
    doubt = bothDoubts(doubt, doubted)
    start()
  }

  const found: DriftKeeper['found'] = (kind, process, doubted) => take(kind, process, { doubt: doubted })

  const look = async (): Promise<void> => {
    // It is known, and will be put right.
    if (doubt !== undefined) return
    try {
      const compared = (await parts.compare?.()) ?? 'unknown'
      if (compared === 'right') return
      if (compared !== 'unknown') {
        log.warn({ what: compared.what }, 'kernel does not hold what was left there; nobody saw who did it')
        found(compared.kind, undefined, 'rules')
        await repairing
        return
      }
      if ((await edge.mend(undefined)) === 'right') return
      note('unseen', undefined)
      show({ repaired: board.read().drift.repaired + 1 })
    } catch (error) {
      const fault = faultOf(error)
      board.fault('drift', fault)
      log.error(fault, 'rules could not be looked at')
    }
  }

  const lookFromTimeToTime = (): Disposable => {
    let timer: Disposable | undefined
    let isStopped = false
    const arm = (): void => {
      if (!isStopped) timer = timers.after(parts.lookEveryMs, () => void look().then(arm))
    }
    arm()
    return {
      [Symbol.dispose]() {
        isStopped = true
        timer?.[Symbol.dispose]()
      },
    }
  }

  const listen = async (watch: KernelWatch, signal: AbortSignal): Promise<void> => {
    let looking: Disposable | undefined = lookFromTimeToTime()
    let isFirst = true
    await keepConnected({
      ...LISTEN_AGAIN,
      timers,
      random: parts.random,
      signal,
      async connect(alive) {
        await watch.listen(
          {
            onListening() {
              alive()
              looking?.[Symbol.dispose]()
              looking = undefined
              board.fault('listen', undefined)
              show({ listening: 'on' })
              // What happened before was not heard.
              void look()
              parts.wantProof()
              isFirst = false
            },
            onForeign: (change) => take(kindOf(change.touches), change.process, doubtOf(change)),
            onLost() {
              log.warn({}, 'kernel dropped events; the elements will be read back')
              void look()
              parts.wantProof()
            },
          },
          signal,
        )
      },
      onEnd(error, delayMs) {
        const fault = faultOf(error ?? new DriftError('LISTENER_AWAY', 'Cannot listen to the kernel: the listener ended'))
        board.fault('listen', fault)
        show({ listening: 'away' })
        log.error({ ...fault, delayMs }, 'changes of others cannot be heard')
        looking ??= lookFromTimeToTime()
        if (isFirst) parts.wantProof()
        isFirst = false
      },
    })
    looking?.[Symbol.dispose]()
  }

  return {
    found,
    look,
    idle: async () => repairing,
    async run(signal) {
      signal.addEventListener('abort', () => {
        isOver = true
        waiting?.[Symbol.dispose]()
        calm?.[Symbol.dispose]()
      })
      if (parts.watch !== undefined) await listen(parts.watch, signal)
      else {
        parts.wantProof()
        using _looking = lookFromTimeToTime()
        await untilAborted(signal)
      }
      await repairing
    },
  }
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
