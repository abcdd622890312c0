import type { Sms, SmsOutcome, SmsSender, SmsSenderState } from '../../control-api/sms/sms-sender.ts'
import type { Clock } from '../../rules/time/clock.ts'

export interface FakeSmsSender extends SmsSender {
  /** What was taken, oldest first. */
  readonly taken: readonly Sms[]
  /** What every message was asked of it, taken or not. */
  readonly asked: readonly Sms[]
  /** What it says from now on; `undefined`: it takes everything. */
  answer(outcome: SmsOutcome | undefined): void
  turn(isUp: boolean): void
}

/** A gateway with memory. */
export function createFakeSmsSender(clock: Clock, name = 'fake'): FakeSmsSender {
  const taken: Sms[] = []
  const asked: Sms[] = []
  let outcome: SmsOutcome | undefined
  let state: SmsSenderState = { isUp: true, sinceMs: clock.nowMs(), fault: undefined }
  return {
    name,
    taken,
    asked,
    answer(next) {
      outcome = next
    },
    turn(isUp) {
      state = { isUp, sinceMs: clock.nowMs(), fault: isUp ? undefined : { code: 'NOT_BOUND', words: 'turned off' } }
    },
    async send(sms) {
      asked.push(sms)
      if (clock.nowMs() >= sms.notAfterMs) return { kind: 'permanent', code: 'TOO_LATE', words: 'no longer valid' }
      if (!state.isUp) return { kind: 'temporary', code: 'NOT_BOUND', words: 'turned off' }
      if (outcome !== undefined) return outcome
      taken.push(sms)
      return { kind: 'accepted', messageId: `${name}-${taken.length}`, parts: 1 }
    },
    state: () => state,
    async [Symbol.asyncDispose]() {
      state = { ...state, isUp: false }
    },
  }
}
