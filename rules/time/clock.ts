/** Where "now" comes from. `rules/` never reads one: time comes as an argument. */
export interface Clock {
  /** Milliseconds since 1970 (UTC). */
  nowMs(): number
}

/** All dates of the dispatches are in this zone (UTC+7, no daylight saving). */
export const PORTAL_TIME_ZONE = 'Asia/Ho_Chi_Minh'
