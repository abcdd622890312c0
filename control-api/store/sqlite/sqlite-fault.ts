import { StoreError } from '../store-error.ts'

type Code = StoreError['code']

/** SQLite's primary result codes (sqlite.org/rescode.html), as far as a caller can act on them. */
const CODES: ReadonlyMap<number, readonly [Code, string]> = new Map([
  [5, ['BUSY', 'another process holds the database']],
  [6, ['BUSY', 'a table is locked']],
  [8, ['READ_ONLY', 'the database may only be read here']],
  [10, ['UNAVAILABLE', 'the disk failed']],
  [11, ['CORRUPT', 'the database file is damaged']],
  [13, ['FULL', 'the disk or the set size is full']],
  [14, ['UNAVAILABLE', 'the file cannot be opened']],
  [19, ['CONSTRAINT', 'a row breaks a rule of the database']],
  [26, ['CORRUPT', 'the file is no SQLite database']],
])

/** Gives SQLite's failure its `StoreError`; what is none of these comes back as it was. `what` says what could not be done. */
export function storeFaultOf(error: unknown, what: string): unknown {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return error
  const known = CODES.get(error.errcode & 0xff)
  if (known === undefined) return error
  const [code, state] = known
  return new StoreError(code, `${what}: ${state} (${error.message})`, { cause: error })
}
