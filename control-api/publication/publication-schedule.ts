import type { FastifyBaseLogger } from 'fastify'
import { schedule } from 'node-cron'
import { PORTAL_TIME_ZONE } from '../../rules/time/clock.ts'
import type { ControlConfig } from '../config/options.ts'
import { ControlError } from '../http/control-error.ts'
import type { Publisher } from './publisher.ts'

export interface PublicationScheduleParts {
  readonly publisher: Publisher
  readonly options: Pick<ControlConfig['publication'], 'onEffectiveDates' | 'effectiveSchedule' | 'refreshSchedule'>
  readonly log: FastifyBaseLogger
}

/** Signs metadata again before it expires, and publishes when an approval begins or ends. Disposing it ends both. */
export function startPublicationSchedule({ publisher, options, log }: PublicationScheduleParts): AsyncDisposable {
  const every = (expression: string, name: string, work: () => Promise<void>) =>
    schedule(expression, () => work().catch((error: unknown) => logFault(log, error, name)), {
      name,
      timezone: PORTAL_TIME_ZONE,
      noOverlap: true,
      suppressMissedWarning: true,
      logger: quiet(log),
    })
  const tasks = [
    every(options.refreshSchedule, 'refresh', async () => {
      await publisher.refresh()
      log.info('metadata signed again')
    }),
    every(options.effectiveSchedule, 'effective-dates', async () => {
      await learnNews(publisher)
      if (options.onEffectiveDates) await publisher.publishIfDue()
    }),
  ]
  return {
    async [Symbol.asyncDispose]() {
      for (const task of tasks) await task.destroy()
    },
  }
}

/** Takes over what another process (a command) published. */
export async function learnNews(publisher: Publisher): Promise<void> {
  const { revision, sides } = await publisher.status()
  if (revision > publisher.revision) await publisher.reload()
  else publisher.hearOf(sides)
}

function logFault(log: FastifyBaseLogger, error: unknown, task: string): void {
  if (error instanceof ControlError)
    log.error({ code: error.code, facts: error.facts, task }, 'scheduled publication was refused; a person must publish')
  else log.error({ err: error, task }, 'scheduled work failed and is tried again')
}

/** node-cron's own words, as fields of our log. */
function quiet(log: FastifyBaseLogger) {
  const tell = (message: string | Error): void => log.warn({ message: String(message) }, 'schedule')
  return { info: tell, warn: tell, error: tell, debug: () => undefined }
}
