/** A user that is nobody here. */
export const NOBODY = 65_534

/** What an agent writes to that does not take it, or gives back something else. */
export interface PlannedFault {
  readonly figure: string
  readonly words: string
  /** The agent must tell of it once it has tried a new revision. */
  readonly isTold: boolean
  /** Before a start with it somebody takes the rules away, so that there is a whole load to do. */
  readonly isWithoutRules?: true
  /** Gives what was done, in words. */
  begin(): Promise<string>
  /** What must hold while it is there, beside the rules. */
  assertHarmless?(): Promise<void>
  /** Ends what does not heal by itself. */
  undo(): Promise<void>
}
