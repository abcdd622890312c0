/** What to do about a fault, for the person who is on duty. */
export interface Advice {
  readonly vi: string
  readonly en: string
}
