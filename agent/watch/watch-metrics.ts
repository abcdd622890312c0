import { Counter, Gauge, Registry } from 'prom-client'
import { addGateMetrics } from '../gate/gate-metrics.ts'
import type { LogStatus, WatchStatus } from './watch-status.ts'

/** The status as Prometheus metrics. Everything is copied from memory when it is asked for. */
export function createWatchMetrics(read: () => WatchStatus): Registry {
  const registry = new Registry()

  function gauge(name: string, help: string, value: (status: WatchStatus) => number): void {
    const metric: Gauge = new Gauge({
      name: `edgeward_watch_${name}`,
      help,
      registers: [registry],
      collect: () => metric.set(value(read())),
    })
  }

  function perLog(name: string, help: string, value: (log: LogStatus) => number): void {
    const labels = { name: `edgeward_watch_log_${name}`, help, labelNames: ['log'] as const, registers: [registry] }
    if (!name.endsWith('_total')) {
      const metric: Gauge<'log'> = new Gauge({
        ...labels,
        collect() {
          for (const log of read().logs) metric.set({ log: log.path }, value(log))
        },
      })
      return
    }
    const metric: Counter<'log'> = new Counter({
      ...labels,
      collect() {
        metric.reset()
        for (const log of read().logs) metric.inc({ log: log.path }, value(log))
      },
    })
  }

  perLog('lines_total', 'Lines read.', ({ lines }) => lines)
  perLog('requests_total', 'Lines that gave a request.', ({ requests }) => requests)
  perLog('unnamed_total', 'Look-ups whose account nobody can tell.', ({ unnamed }) => unnamed)
  perLog('read_bytes_total', 'Bytes read.', ({ readBytes }) => readBytes)
  perLog('lost_bytes_total', 'Bytes that went away unread.', ({ lostBytes }) => lostBytes)
  perLog('losses_total', 'Times that the rest of a file could not be found.', ({ losses }) => losses)
  perLog('rotations_total', 'Files that came in the place of another.', ({ rotations }) => rotations)
  perLog('truncations_total', 'Times that the log was emptied in place.', ({ truncations }) => truncations)
  perLog('behind_bytes', 'Bytes that are there and not read yet.', ({ behindBytes }) => behindBytes)
  perLog('lag_seconds', 'Age of the newest line read while there is more to read.', ({ lagMs }) => lagMs / 1000)
  perLog('there', '1 while the path of the log leads to a file.', ({ isThere }) => Number(isThere))
  const unread: Counter<'log' | 'code'> = new Counter({
    name: 'edgeward_watch_log_unread_lines_total',
    help: 'Lines that gave no request, by reason.',
    labelNames: ['log', 'code'],
    registers: [registry],
    collect() {
      unread.reset()
      for (const { path, faults } of read().logs) {
        for (const [code, count] of Object.entries(faults)) unread.inc({ log: path, code }, count)
      }
    },
  })
  gauge('accounts', 'Accounts counted now.', ({ accounts }) => accounts.held)
  gauge('accounts_evicted', 'Accounts dropped for want of room since the start.', ({ accounts }) => accounts.evicted)
  gauge('late_requests', 'Requests too late to be counted in every window since the start.', ({ accounts }) => accounts.late)
  const shadows: Counter<'rule' | 'action'> = new Counter({
    name: 'edgeward_watch_shadow_actions_total',
    help: 'What rules in shadow mode would have done since the start.',
    labelNames: ['rule', 'action'],
    registers: [registry],
    collect() {
      shadows.reset()
      for (const { rule, actions } of read().shadows) {
        for (const [action, count] of Object.entries(actions)) shadows.inc({ rule, action }, count)
      }
    },
  })
  gauge('flags', 'Flags that hold now.', ({ flags }) => flags.live)
  gauge('listeners', 'Streams of flags open now.', ({ flags }) => flags.listeners)
  gauge('ready', '1 when every log was read to its end once.', ({ isReady }) => Number(isReady))
  gauge('faults', 'Faults that hold now.', ({ faults }) => faults.length)
  gauge('resident_memory_bytes', 'Memory of watch.', () => process.memoryUsage.rss())
  addGateMetrics(registry, () => read().gate)
  return registry
}
