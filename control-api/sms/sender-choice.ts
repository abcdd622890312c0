import type { Clock } from '../../rules/time/clock.ts'
import type { SmsOutcome, SmsSender } from './sms-sender.ts'

const FIRST_PAUSE_MS = 1000
const MAX_PAUSE_MS = 60_000

/** Which gateway is asked first. */
export interface SenderChoice {
  /** Those that are well in their order, then those that rest after a fault, so that nothing waits where all do. Not those that asked for a pause. */
  inOrder(): readonly SmsSender[]
  note(sender: SmsSender, outcome: SmsOutcome): void
}

/** A gateway that failed rests for a second, twice as long each time up to a minute; one that said how long rests so long. */
export function createSenderChoice(senders: readonly SmsSender[], clock: Clock): SenderChoice {
  const rests = new Map<SmsSender, { readonly untilMs: number; readonly failures: number; readonly isAsked: boolean }>()
  return {
    inOrder() {
      const nowMs = clock.nowMs()
      const isWell = (sender: SmsSender): boolean => sender.state().isUp && (rests.get(sender)?.untilMs ?? 0) <= nowMs
      const mayBeAsked = senders.filter((sender) => isWell(sender) || rests.get(sender)?.isAsked !== true)
      return [...mayBeAsked.filter(isWell), ...mayBeAsked.filter((sender) => !isWell(sender))]
    },
    note(sender, outcome) {
      const failures = (rests.get(sender)?.failures ?? 0) + 1
      if (outcome.kind === 'throttled')
        rests.set(sender, { untilMs: clock.nowMs() + outcome.retryAfterMs, failures: 0, isAsked: true })
      else if (outcome.kind === 'temporary') {
        const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), MAX_PAUSE_MS)
        rests.set(sender, { untilMs: clock.nowMs() + pauseMs, failures, isAsked: false })
      } else rests.delete(sender)
    },
  }
}
