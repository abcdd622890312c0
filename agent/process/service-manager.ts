import type { Log } from '../log/log.ts'
import { createQueue } from './create-queue.ts'
import type { RunProgram } from './run-program.ts'

/** What a service tells about itself. */
export interface ServiceState {
  /** True once it does its work. Said once; what was said is not taken back. */
  readonly isReady: boolean
  /** One line for people. */
  readonly status: string
}

/** Whoever started this service and waits to hear of it. Nothing here throws or holds anything up. */
export interface ServiceManager {
  /** Tells what is new in `state`; nothing new costs nothing. */
  tell(state: ServiceState): void
  /** Tells that the service is about to end. */
  stopping(): Promise<void>
}

/**
 * Tells systemd, by `systemd-notify` (sd_notify(3)): Node has no datagram sockets of the unix family. A program per change, none while nothing changes;
 * so no watchdog either, whose pings would start one every few seconds. The unit needs `NotifyAccess=all`. Does nothing without a `notifySocket`.
 */
export function createServiceManager(notifySocket: string | undefined, run: RunProgram, log: Log): ServiceManager {
  const queue = createQueue()
  let isSaidReady = false
  let said = ''

  const notify = async (...assignments: readonly string[]): Promise<void> => {
    if (notifySocket === undefined || notifySocket === '') return
    try {
      const { exitCode, stderr } = await run('systemd-notify', assignments, {
        env: { NOTIFY_SOCKET: notifySocket },
        timeoutMs: 5000,
      })
      if (exitCode !== 0) log.warn({ exitCode, reason: stderr.trim() }, 'systemd was not told')
    } catch (error) {
      log.warn({ reason: error instanceof Error ? error.message : String(error) }, 'systemd was not told')
    }
  }

  return {
    tell({ isReady, status }) {
      const news = [...(isReady && !isSaidReady ? ['READY=1'] : []), ...(status === said ? [] : [`STATUS=${status}`])]
      isSaidReady ||= isReady
      said = status
      if (news.length > 0) void queue(() => notify(...news))
    },
    stopping: () => queue(() => notify('STOPPING=1')),
  }
}
