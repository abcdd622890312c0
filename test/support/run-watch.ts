import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { createSystemTimers } from '../../agent/time/system-time.ts'
import { createThreadedWatch, type ThreadedWatchPorts } from '../../agent/watch/thread/threaded-watch.ts'
import { createWatch, type Watch } from '../../agent/watch/watch.ts'
import { openWatchMemory } from '../../agent/watch/watch-memory.ts'
import type { WatchOptions } from '../../agent/watch/watch-options.ts'
import { DEFAULT_DETECT_POLICY } from '../../rules/detect/detect-policy.ts'
import type { Flag } from '../../rules/reports/flag.ts'
import { createMovableClock, type MovableClock } from './movable-clock.ts'
import { until } from './until.ts'

/** A `watch` that runs in this process on real files. */
export interface RunningWatch {
  readonly watch: Watch
  /** Every flag told since the start. */
  readonly told: Flag[]
  /** Stops as on SIGTERM. */
  readonly stop: () => Promise<void>
  /** Waits until so many lines were read in all. */
  readonly hasRead: (lines: number) => Promise<void>
}

export interface RunWatchOptions {
  readonly folder: string
  readonly clock?: MovableClock
  /** Moved by the test; stands still otherwise. */
  readonly monotonic?: MovableClock
  readonly options?: Partial<WatchOptions>
  /** Reads on a thread of its own, as the service does; real clocks only. */
  readonly isThreaded?: boolean
  /** Counts for central under this key. */
  readonly tallies?: { readonly edge: string; readonly key: Uint8Array }
  readonly startThread?: ThreadedWatchPorts['startThread']
}

/** Starts it in `folder`: follows `access.log` there and keeps its state in `state`. */
export async function runWatch({
  folder,
  clock,
  monotonic,
  options,
  isThreaded = false,
  tallies,
  startThread,
}: RunWatchOptions): Promise<RunningWatch> {
  const watchOptions: WatchOptions = {
    logs: [{ path: join(folder, 'access.log'), format: 'nginx-json' }],
    syslog: [],
    from: 'beginning',
    socket: join(folder, 'watch.sock'),
    stateDir: join(folder, 'state'),
    maxAccounts: 1000,
    registrationsFile: '',
    tallies: { keyFile: '', everyS: 30, tellFacility: true },
    policy: DEFAULT_DETECT_POLICY,
    ...options,
  }
  const ports = {
    memory: await openWatchMemory(watchOptions.stateDir),
    key: new Uint8Array(32).fill(5),
    registrations: undefined,
    ...(tallies === undefined ? {} : { tallies }),
    clock: clock ?? { nowMs: Date.now },
    monotonicMs: () => monotonic?.nowMs() ?? performance.now(),
    timers: createSystemTimers(),
    log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
  }
  const watch = isThreaded
    ? await createThreadedWatch(watchOptions, { ...ports, ...(startThread === undefined ? {} : { startThread }) })
    : await createWatch(watchOptions, ports)
  const told: Flag[] = []
  watch.flags.listen((flag) => told.push(flag))
  const end = new AbortController()
  const running = watch.run(end.signal)
  const stop = async (): Promise<void> => {
    end.abort()
    await running
  }
  onTestFinished(stop)
  const countLines = () => watch.status().logs.reduce((sum, { lines }) => sum + lines, 0)
  return {
    watch,
    told,
    stop,
    hasRead: (lines) =>
      until(`${lines} lines read`, () => (countLines() >= lines ? true : undefined), { everyMs: 5 }).then(ignore),
  }
}

/** A monotonic clock for `runWatch` that a test moves. */
export function createStillClock(): MovableClock {
  return createMovableClock(1_000_000)
}

function ignore(): void {}
