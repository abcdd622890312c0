import type { FastifyBaseLogger } from 'fastify'
import type { RehearsalDesk } from './rehearsal-desk.ts'

/** What edges tell makes old days go as well; where none tells anything, this does. */
const EVERY_MS = 6 * 3_600_000

/** Forgets old days now and every few hours; disposing it waits for the turn that runs. */
export function startRehearsalTimer(desk: RehearsalDesk, log: FastifyBaseLogger): AsyncDisposable {
  let working: Promise<unknown> = Promise.resolve()
  const turn = (): void => {
    working = working
      .then(() => desk.tend())
      .catch((error: unknown) => log.error({ err: error }, 'old days of the rehearsal could not be forgotten; it is tried again'))
  }
  const timer = setInterval(turn, EVERY_MS)
  turn()
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      await working
    },
  }
}
