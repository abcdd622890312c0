import { parentPort, workerData } from 'node:worker_threads'
import type { Log } from '../../log/log.ts'
import { createFileOrders } from '../../orders/file-orders.ts'
import { lowerPriority } from '../../process/lower-priority.ts'
import { createMemoryTidy } from '../../process/tidy-memory.ts'
import { createSystemClock, createSystemTimers } from '../../time/system-time.ts'
import { createWatch } from '../watch.ts'
import { openWatchMemory } from '../watch-memory.ts'
import { watchOrders } from '../watch-orders.ts'
import { type AccountQuestion, STOP, type ThreadData, type ThreadMessage } from './messages.ts'
import { createNewsSender } from './thread-news.ts'

const STATUS_MS = 250

/** The whole of `watch` but its socket: it follows, parses, counts and remembers, and says what it found. */
async function main(data: ThreadData): Promise<void> {
  const say = (message: ThreadMessage): void => parentPort?.postMessage(message)
  const tell = createNewsSender(
    (texts) => say({ kind: 'news', texts }),
    () => performance.now(),
  )
  const logAs =
    (level: keyof Log) =>
    (facts: object, message: string): void =>
      tell({ kind: 'log', level, facts, message })
  const clock = createSystemClock()
  const kept = await openWatchMemory(data.options.stateDir)
  const watch = await createWatch(data.options, {
    // What the thread before had told counts, also what it had not written yet.
    memory: { ...kept, readFlags: () => Promise.resolve(data.flags) },
    key: data.key,
    registrations: data.registrations,
    ...(data.tallies === undefined ? {} : { tallies: data.tallies }),
    onTally: (tally) => say({ kind: 'tally', tally }),
    orders: createFileOrders(watchOrders(data.options.stateDir)),
    clock,
    tidy: createMemoryTidy(clock),
    monotonicMs: () => performance.now(),
    timers: createSystemTimers(),
    log: { debug: logAs('debug'), info: logAs('info'), warn: logAs('warn'), error: logAs('error') },
  })
  const end = new AbortController()
  parentPort?.on('message', (message: typeof STOP | AccountQuestion) => {
    if (message === STOP) end.abort()
    else
      void watch.findAccounts(message.tokens).then((accounts) => say({ kind: 'accounts', question: message.question, accounts }))
  })
  watch.flags.listen((flag) => tell({ kind: 'flag', flag }))
  say({ kind: 'started', flags: watch.flags.live(), status: watch.status() })
  const telling = setInterval(() => say({ kind: 'status', status: watch.status() }), STATUS_MS)
  await watch.run(end.signal)
  clearInterval(telling)
  say({ kind: 'stopped', status: watch.status() })
  parentPort?.close()
}

// The gate answers on another thread: where cores are scarce, a proxy goes before a log.
lowerPriority()
await main(workerData as ThreadData)
