import type { FastifyBaseLogger } from 'fastify'
import type { OtpService } from './otp-service.ts'

const SMS_EVERY_MS = 1000

/**
 * Has messages sent and grants signed every so often, and messages at once when one was queued. Begins with a look at the grants: an edge that tells of a use
 * does so once, so they must be known before anybody is heard. Disposing it waits for what runs.
 */
export async function startOtpTimer(
  { sms, grants }: OtpService,
  signEveryMs: number,
  log: FastifyBaseLogger,
): Promise<AsyncDisposable> {
  const running = new Set<Promise<void>>()
  const run = (work: () => Promise<void>, words: string): void => {
    const turn = work()
      .catch((error: unknown) => log.error({ err: error }, words))
      .finally(() => running.delete(turn))
    running.add(turn)
  }
  let isSigning = false
  const sign = (): void => {
    if (isSigning) return
    isSigning = true
    run(() => grants.work().finally(() => (isSigning = false)), 'grants could not be signed; it is tried again')
  }
  // A slow gateway holds up its own messages alone, so turns may overlap.
  const send = (): void => run(() => sms.work(), 'messages could not be sent; it is tried again')
  sms.onQueued(send)
  const timers = [setInterval(sign, signEveryMs), setInterval(send, SMS_EVERY_MS)]
  sign()
  await Promise.all(running)
  send()
  return {
    async [Symbol.asyncDispose]() {
      sms.onQueued(() => undefined)
      for (const timer of timers) clearInterval(timer)
      await Promise.all(running)
    },
  }
}
