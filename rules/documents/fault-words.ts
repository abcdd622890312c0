/** One wrong place of a document. */
interface WrongPlace {
  /** JSON pointer or dotted path; empty for the whole. */
  readonly path: string
  readonly message: string
}

/** As many as a reader of a log line takes in. */
const MOST_TOLD = 8

/** Wrong places in a sentence, each by its path: `/version must be integer; /grants/3/token is missing; and 12 more`. */
export function faultWords(faults: readonly WrongPlace[]): string {
  const told = faults.slice(0, MOST_TOLD).map(({ path, message }) => `${path === '' ? 'it' : path} ${message}`)
  const more = faults.length - told.length
  return [...told, ...(more > 0 ? [`and ${more} more`] : [])].join('; ')
}
