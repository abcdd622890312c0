import type { AttributedRequest } from '../../requests/attributed-request.ts'
import type { Evidence, VerdictAction } from '../detector.ts'
import type { WindowName } from '../windows.ts'

/** One account's figures as a rule reads them. Valid only during the call. */
export interface Figures {
  /** From the registrations; `undefined` where the facility is not in them. */
  readonly dailyVisits: number | undefined
  /** Look-ups, repeats of the same person included. */
  lookups(window: WindowNumber): number
  /** Distinct persons, of the look-ups that tell one. */
  subjects(window: WindowNumber): number
  /** Look-ups that may each be another person: all but the known repeats of one person. */
  persons(window: WindowNumber): number
}

/** Of `windowNumber`. */
export type WindowNumber = number

/** `over`: act. `warm`: not over, but not calm either, so that an action goes on. */
export type Heat = 'calm' | 'warm' | 'over'

/** What a rule says of an account that is over. */
export interface Finding {
  readonly action: Exclude<VerdictAction, 'release'>
  readonly window: WindowName
  readonly requests: number
  readonly subjects: number
  readonly evidence: Evidence
}

/** One way to recognise a harvest. Asked after each look-up that was answered, so `heatOf` allocates nothing. */
export interface Rule {
  readonly name: string
  /** The action ends after the account was calm for so long. */
  readonly holdMs: number
  heatOf(figures: Figures): Heat
  /** Asked only when `heatOf` says `over`. */
  findingOf(figures: Figures, request: AttributedRequest): Finding
}
