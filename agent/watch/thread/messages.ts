import type { Registrations } from '../../../rules/detect/registered-facility.ts'
import type { Flag } from '../../../rules/reports/flag.ts'
import type { Log } from '../../log/log.ts'
import type { SeenAccount } from '../tally-maker.ts'
import type { OfferedTally } from '../tally-ring.ts'
import type { WatchOptions } from '../watch-options.ts'
import type { WatchStatus } from '../watch-status.ts'

/** What the thread is given at its start. */
export interface ThreadData {
  readonly options: WatchOptions
  readonly key: Uint8Array
  readonly registrations: Registrations | undefined
  readonly tallies?: { readonly edge: string; readonly key: Uint8Array }
  /** The flags that hold: from disk, or from a thread before. */
  readonly flags: readonly Flag[]
}

/** What the thread says. Nothing in it is text from a log. */
export type ThreadMessage =
  | { readonly kind: 'started'; readonly flags: readonly Flag[]; readonly status: WatchStatus }
  | { readonly kind: 'flag'; readonly flag: Flag }
  /** Several flags and log lines, as JSON. */
  | { readonly kind: 'news'; readonly texts: readonly string[] }
  | { readonly kind: 'status'; readonly status: WatchStatus }
  | { readonly kind: 'tally'; readonly tally: OfferedTally }
  | { readonly kind: 'accounts'; readonly question: number; readonly accounts: readonly SeenAccount[] }
  | { readonly kind: 'log'; readonly level: keyof Log; readonly facts: object; readonly message: string }
  | { readonly kind: 'stopped'; readonly status: WatchStatus }

/** What the thread hears: end as on SIGTERM. */
export const STOP = 'stop'

/** The other thing it hears: which of these accounts it knows. */
export interface AccountQuestion {
  readonly question: number
  readonly tokens: readonly string[]
}
