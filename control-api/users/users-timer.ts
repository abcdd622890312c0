import type { FastifyBaseLogger } from 'fastify'
import { schedule } from 'node-cron'
import { PORTAL_TIME_ZONE } from '../../rules/time/clock.ts'
import type { UsersDesk } from './users-desk.ts'

export interface UsersTimerParts {
  readonly desk: UsersDesk
  readonly publishEveryMs: number
  /** Cron, in Asia/Ho_Chi_Minh. */
  readonly idleSchedule: string
  readonly log: FastifyBaseLogger
}

/** Signs the list while it changes, and looks at accounts without use. Disposing it ends both. */
export function startUsersTimer({ desk, publishEveryMs, idleSchedule, log }: UsersTimerParts): AsyncDisposable {
  const told = (work: Promise<unknown>, words: string): Promise<void> =>
    work.then(
      () => undefined,
      (error: unknown) => log.error({ err: error }, words),
    )
  const running = { publish: Promise.resolve() }
  const timer = setInterval(() => {
    running.publish = running.publish.then(() => told(desk.work(), 'list of users could not be published and is tried again'))
  }, publishEveryMs)
  const idle = schedule(idleSchedule, () => told(desk.tendIdle(), 'accounts without use could not be looked at'), {
    name: 'idle-users',
    timezone: PORTAL_TIME_ZONE,
    noOverlap: true,
    suppressMissedWarning: true,
  })
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      await idle.destroy()
      await running.publish
    },
  }
}
