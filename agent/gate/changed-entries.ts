/** What differs between a list and the one before, by token. */
export interface ChangedEntries<E> {
  /** The one before is not known: who is not in `set` is gone. */
  readonly isWhole: boolean
  readonly set: readonly E[]
  /** Tokens that the list no longer names. */
  readonly gone: readonly string[]
}

/** Remembers a list, so that of the next one only what is new need be told: a list of grants is signed anew every two seconds while a few of thousands are used. */
export function createChangeFinder<E extends { readonly token: string }>(): (entries: readonly E[]) => ChangedEntries<E> {
  let before: ReadonlyMap<string, string> | undefined
  return (entries) => {
    const known = before
    const now = new Map(entries.map((entry) => [entry.token, JSON.stringify(entry)]))
    before = now
    if (known === undefined) return { isWhole: true, set: entries, gone: [] }
    return {
      isWhole: false,
      set: entries.filter(({ token }) => known.get(token) !== now.get(token)),
      gone: [...known.keys()].filter((token) => !now.has(token)),
    }
  }
}
