import type { FunctionClass } from '../../requests/attributed-request.ts'
import type { EventKind, EventWindow } from '../account-details.ts'
import type { Evidence } from '../detector.ts'
import type { Norm } from '../norms/norm.ts'
import type { RuleName } from '../rule-names.ts'
import type { RuleMode, RulePoints, RuleScope } from '../rule-options.ts'
import type { SteppingGroup } from '../step-watch.ts'
import type { WalkFigures } from '../walk/walk-tracker.ts'
import type { WindowName } from '../windows.ts'

/** One account's figures as a rule reads them. Valid only during the call; nothing is built to read one. */
export interface Figures {
  /** Time and class of the request that is judged. */
  readonly atMs: number
  readonly class: FunctionClass
  /** From the registrations; `undefined` where the facility is not in them. */
  readonly dailyVisits: number | undefined
  /** Look-ups, repeats of the same person included. */
  lookups(window: WindowNumber): number
  /** Distinct persons, of the look-ups that tell one. */
  subjects(window: WindowNumber): number
  /** Look-ups that may each be another person: all but the known repeats of one person. */
  persons(window: WindowNumber): number
  /** The most `persons` in a minute of the last ten, however late some of their lines came. */
  readonly busiestMinute: number
  /** Persons, as well as they can be told: those named, and a share of the look-ups that name nobody. */
  people(window: WindowNumber): number
  /** What happened beside look-ups; 0 for an account with few of them. */
  events(kind: EventKind, window: EventWindow): number
  /** What is usual for the account in the hour, or the 24 hours, that end now. */
  norm(window: '1h' | '24h'): Norm
  /** The most persons in an hour of the clock, or a day, that it was taught of the account before today; 0 where it was taught nothing. */
  mostBefore(window: '1h' | '24h'): number
  /** The most persons in 30 seconds that the account had at this hour of the day, and on how many days it was seen. */
  readonly usualBurst: number
  readonly daysSeen: number
  walk(): WalkFigures
  /** The group in step that the account belongs to. */
  readonly group: SteppingGroup | undefined
  /** Different addresses lately, at most 16: of those not registered for the facility, where its registrations name any. */
  sources(spanS: number): number
  /** `true` for a facility's shared account (`01234_BV`, `01234_TC`, `01234`). */
  readonly isShared: boolean
}

/** Of `windowNumber`. */
export type WindowNumber = number

/** What a rule says of an account that is over. */
export interface Finding {
  readonly window: WindowName
  readonly requests: number
  readonly subjects: number
  /** At most 400 characters each. */
  readonly evidence: Evidence
}

/** From so many events of a kind in a window on a rule may be no longer calm. */
export interface EventFloor {
  readonly kind: EventKind
  readonly window: EventWindow
  readonly count: number
}

/** One way to recognise a harvest or a breach. */
export interface Rule {
  readonly name: RuleName
  readonly mode: RuleMode
  readonly points: RulePoints
  readonly scope: RuleScope
  /** Below this share of its limit the account counts as calm. */
  readonly calmShare: number
  /** The action ends after the account was calm for so long. */
  readonly holdMs: number
  /** The account's value as a share of its limit: from 1 on it is over, 0 where the rule has nothing to say. Allocates nothing. */
  heatOf(figures: Figures): number
  /** Of a rule that is asked after each look-up: so many may come, however fast or slowly, before `heatOf` can say `calmShare` or more. */
  roomOf?(figures: Figures): number
  /** What beside look-ups should have the rule asked soon. */
  readonly eventFloors?: readonly EventFloor[]
  /** Asked only when `heatOf` says 1 or more. */
  findingOf(figures: Figures): Finding
}
