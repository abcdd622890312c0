import type { FastifyBaseLogger } from 'fastify'
import type { FleetDesk } from './fleet-desk.ts'

/** Has the desk work every so often. What fails is tried again at the next turn; disposing it waits for the one that runs. */
export function startFleetTimer(desk: FleetDesk, everyMs: number, log: FastifyBaseLogger): AsyncDisposable {
  let working: Promise<void> = Promise.resolve()
  let isWorking = false
  const turn = (): void => {
    if (isWorking) return
    isWorking = true
    working = desk
      .work()
      .catch((error: unknown) => log.error({ err: error }, 'counts of all edges could not be judged; it is tried again'))
      .finally(() => {
        isWorking = false
      })
  }
  const timer = setInterval(turn, everyMs)
  turn()
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      await working
    },
  }
}
