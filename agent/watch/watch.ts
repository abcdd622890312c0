import {
  type AccountTally,
  DETECT_FINDINGS,
  type DetectFinding,
  type DetectFindingCode,
  type Verdict,
} from '../../rules/detect/detector.ts'
import type { Registrations } from '../../rules/detect/registered-facility.ts'
import { createAttributor } from '../../rules/requests/attributor.ts'
import type { Clock } from '../../rules/time/clock.ts'
import type { Log } from '../log/log.ts'
import type { Orders } from '../orders/order.ts'
import type { Timers } from '../time/timers.ts'
import { createFaultList } from './fault-list.ts'
import { createFlagBook, type FlagSource } from './flag-book.ts'
import { createLogIntake } from './log-intake.ts'
import type { LogPlace } from './log-place.ts'
import { createLogWake } from './log-wake.ts'
import { createQuietClock } from './quiet-clock.ts'
import { recallDetector } from './recall-detector.ts'
import { openSyslogInput } from './syslog/syslog-input.ts'
import { createTallyMaker, type SeenAccount } from './tally-maker.ts'
import type { OfferedTally, TallySource } from './tally-ring.ts'
import { WatchError } from './watch-error.ts'
import type { WatchMemory } from './watch-memory.ts'
import { dialectOf, type WatchedLog, type WatchedSocket, type WatchOptions } from './watch-options.ts'
import { createWatchOrders } from './watch-orders.ts'
import type { LogStatus, WatchStatus } from './watch-status.ts'
import { type FollowedLog, openFollowedLog } from './watched-log.ts'

/** Longest wait for a change that the kernel tells nobody of. */
const FLOOR_MS = 500
/** Positions are written at most so often, a verdict at once: what is read again after a crash may be too little to come to it again. */
const SAVE_MS = 1000
/** Counts are written at most so often, with the positions that belong to them. What came later is read again after a crash. */
const SAVE_COUNTS_MS = 60_000
/** The list of the busiest accounts is made anew at most so often. */
const TOP_MS = 5000
const TOP_ACCOUNTS = 20
/** So many lines leave garbage that is worth a collection. */
const TIDY_LINES = 100_000

const FINDING_CODES = Object.keys(DETECT_FINDINGS) as readonly DetectFindingCode[]

/** All that `watch` reaches; the command builds the real ones, tests their own. */
export interface WatchPorts {
  readonly memory: WatchMemory
  /** Hides citizen IDs and the persons looked up. */
  readonly key: Uint8Array
  readonly registrations: Registrations | undefined
  /** The name of this edge and the key of all; without them nothing is counted for central. */
  readonly tallies?: { readonly edge: string; readonly key: Uint8Array }
  /** Hears of each tally that is made. */
  readonly onTally?: (tally: OfferedTally) => void
  /** Asked, once the logs were read to their ends, to give back what reading much has left in memory. */
  readonly tidy?: () => void
  /** What people at this host order. */
  readonly orders?: Orders
  readonly clock: Clock
  /** Milliseconds from a clock that nobody sets. */
  readonly monotonicMs: () => number
  readonly timers: Timers
  readonly log: Log
}

/** Follows logs, counts accounts, flags harvesters. Starts no program and changes nothing but its own state folder. */
export interface Watch {
  readonly flags: FlagSource
  readonly tallies: TallySource
  /** Those of the accounts, named by their tokens, that made a request here lately. */
  findAccounts(tokens: readonly string[]): Promise<readonly SeenAccount[]>
  /** Copied from memory. */
  status(): WatchStatus
  /** Works until `signal` is aborted, then remembers where it was. Never throws. */
  run(signal: AbortSignal): Promise<void>
}

export async function createWatch(options: WatchOptions, ports: WatchPorts): Promise<Watch> {
  const { memory, key, clock, monotonicMs, timers, log } = ports
  const startedAt = new Date(clock.nowMs()).toISOString()
  const faults = createFaultList(clock, log)
  const { detector, places, tallies } = await recallDetector(options, ports, faults)
  const restored = await memory.readFlags((fault) => faults.note('flags', fault))
  const flags = createFlagBook(restored, options.policy.absolute.holdMinutes * 60_000)
  const maker =
    tallies &&
    createTallyMaker({ tallies, detector, everyMs: options.tallies.everyS * 1000, onTally: ports.onTally ?? (() => undefined) })
  const quietClock = createQuietClock(() => detector.nowMs, clock, monotonicMs)
  const attributor = createAttributor()
  const intakeOf = (watched: WatchedLog | WatchedSocket) =>
    createLogIntake({
      ...dialectOf(watched),
      // Under one key the same person looked up at two edges is one person in the sum.
      key: ports.tallies?.key ?? key,
      attributor,
      takeRequest(request) {
        quietClock.see()
        const verdicts = detector.observe(request)
        if (verdicts.length > 0) act(verdicts)
      },
      lookups: {
        takeLookup(line) {
          if (!detector.takeLookup(line)) return false
          quietClock.see()
          return true
        },
        expectLookups: (ahead, count) => detector.expectLookups(ahead, count),
      },
    })
  let stir = (): void => undefined
  const files = options.logs.map((watched) =>
    openFollowedLog({
      log: watched,
      place: places.get(watched.path),
      from: options.from,
      intake: intakeOf(watched),
      nowMs: () => clock.nowMs(),
      monotonicMs,
    }),
  )
  const sockets = options.syslog.map((watched) =>
    openSyslogInput({ watched, intake: intakeOf(watched), monotonicMs, onArrival: () => stir() }),
  )
  const logs: readonly FollowedLog[] = [...files, ...sockets]
  let top: readonly AccountTally[] = []
  let hasNews = false
  let [topMs, savedMs, savedVersion, savedPlaces] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, '']
  // The first look is saved at once: a crash in the first minute must not begin anew behind it.
  let savedCountsMs = Number.NEGATIVE_INFINITY
  let tidiedLines = 0

  function act(verdicts: readonly Verdict[]): void {
    flags.take(verdicts)
    hasNews ||= verdicts.length > 0
    for (const { account, facility, rule, action, requests, subjects } of verdicts) {
      const facts = { account, facility: facility ?? null, rule, action, requests, subjects }
      if (action === 'release') log.info(facts, 'account released')
      else log.warn(facts, 'account flagged')
    }
  }

  /** One round: the log that is furthest back if some are behind, else all of them. True if there is more at once. */
  async function pollOnce(behind: readonly FollowedLog[]): Promise<FollowedLog[]> {
    const oldest = behind.toSorted((a, b) => a.counts.lastAtMs - b.counts.lastAtMs)[0]
    const still: FollowedLog[] = behind.filter((followed) => followed !== oldest)
    for (const followed of oldest === undefined ? logs : [oldest]) {
      if (await followed.poll()) still.push(followed)
      faults.set(`log ${followed.log.path}`, followed.fault)
    }
    return still
  }

  /** What time brings by itself, when nobody writes. */
  function passTime(): void {
    const nowMs = quietClock.nowMs()
    if (quietClock.hasSeen) act(detector.advance(nowMs))
    flags.renew(detector.live())
    flags.expire(nowMs)
    maker?.make(monotonicMs())
    if (monotonicMs() - topMs < TOP_MS) return
    top = detector.top(TOP_ACCOUNTS)
    topMs = monotonicMs()
    tellFindings(detector.findings())
  }

  function tidyUp(): void {
    const lines = logs.reduce((sum, { counts }) => sum + counts.lines, 0)
    if (lines - tidiedLines < TIDY_LINES) return
    tidiedLines = lines
    ports.tidy?.()
  }

  function tellFindings(findings: readonly DetectFinding[]): void {
    for (const code of FINDING_CODES) {
      const found = findings.filter((finding) => finding.code === code)
      const words = found.map(({ message }) => message).join('; ')
      faults.set(`detection ${code}`, found.length === 0 ? undefined : new WatchError(code, words))
    }
  }

  function heldPlaces(): Map<string, LogPlace> {
    const held = new Map<string, LogPlace>()
    for (const followed of logs) {
      const place = followed.place()
      if (place !== undefined) held.set(followed.log.path, place)
    }
    return held
  }

  /** Counts and the places they belong to, in one file: nothing is read in between, because the next poll waits for it. */
  async function saveCounts(): Promise<void> {
    savedCountsMs = monotonicMs()
    try {
      await memory.writeCounts(detector.snapshot(), heldPlaces(), maker?.saved() ?? [])
      faults.set('counts', undefined)
    } catch (error) {
      faults.set('counts', error instanceof Error ? error : new Error('Cannot save the counts', { cause: error }))
    }
  }

  async function save(): Promise<void> {
    savedMs = monotonicMs()
    hasNews = false
    try {
      // Flags first: with the positions alone, a crash in between would have them forgotten.
      const version = flags.version
      if (version !== savedVersion) await memory.writeFlags(flags.live())
      savedVersion = version
      const held = heldPlaces()
      const text = JSON.stringify([...held])
      if (text !== savedPlaces) await memory.writePlaces(held)
      savedPlaces = text
      faults.set('state', undefined)
    } catch (error) {
      faults.set('state', error instanceof Error ? error : new Error('Cannot save', { cause: error }))
    }
  }

  function statusOf({ log: { path, format }, counts, state }: FollowedLog): LogStatus {
    const { lines, requests, unnamed, faults: unread, lastAtMs } = counts
    return {
      path,
      format,
      lines,
      requests,
      unnamed,
      faults: { ...unread },
      ...state,
      lagMs: state.behindBytes === 0 || lastAtMs === 0 ? 0 : Math.max(0, clock.nowMs() - lastAtMs),
      newestLineAt: lastAtMs === 0 ? null : new Date(lastAtMs).toISOString(),
    }
  }

  const carryOutOrders =
    ports.orders &&
    createWatchOrders({
      orders: ports.orders,
      detector,
      flags,
      // Counts as well: with the old ones a crash would bring back what was released.
      async act(verdicts) {
        act(verdicts)
        await saveCounts()
        await save()
      },
      log,
    })

  return {
    flags,
    tallies: { held: () => maker?.held() ?? [], find: (boot, sequence) => maker?.find(boot, sequence) },
    findAccounts: async (tokens) => maker?.findAccounts(tokens) ?? [],
    status: () => ({
      startedAt,
      isReady: logs.every(({ isCaughtUp }) => isCaughtUp),
      logs: logs.map(statusOf),
      accounts: { held: detector.size, evicted: detector.evicted, late: detector.late, top },
      flags: { live: flags.live().length, listeners: flags.listeners },
      shadows: detector.shadows(),
      faults: faults.all(),
    }),
    async run(signal) {
      using wake = createLogWake(
        files.map((followed) => followed.log.path),
        timers,
      )
      stir = () => wake.stir()
      // Watches the folders before the first look, so that nothing changes unseen in between.
      await wake.wait(0, signal)
      let behind: FollowedLog[] = []
      while (!signal.aborted) {
        behind = await pollOnce(behind)
        passTime()
        await carryOutOrders?.()
        // Counts first: positions without them would be taken for those of a watch that has lost its counts.
        if (monotonicMs() - savedCountsMs >= SAVE_COUNTS_MS) await saveCounts()
        if (hasNews || monotonicMs() - savedMs >= SAVE_MS) await save()
        if (behind.length > 0) continue
        tidyUp()
        await wake.wait(FLOOR_MS, signal)
      }
      await save()
      await saveCounts()
      for (const followed of logs) await followed[Symbol.asyncDispose]()
    },
  }
}
