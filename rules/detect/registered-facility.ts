/** What the registrations tell of a facility, by its five-digit code. */
export interface RegisteredFacility {
  /** Visits on an ordinary day; `undefined` where nobody said. */
  readonly dailyVisits: number | undefined
  /** Canonical blocks it may come from. */
  readonly addresses: readonly string[]
}

/** Facilities by code; the code keeps its leading zero. */
export type Registrations = ReadonlyMap<string, RegisteredFacility>
