/** An account by the names that others give it. */
export interface AccountKeys {
  /** As flags name it. */
  readonly masked: string
  /** As lists of users and grants do, under each key of the gates. */
  readonly tokens: readonly string[]
  /** As verdicts over all edges do; `undefined` without the key of the edges. */
  readonly tallyToken: string | undefined
}

const MAX_ACCOUNTS = 200_000

/** Remembers the names of the accounts asked for lately: each costs three keyed hashes. */
export function createAccountKeys(make: (account: string) => AccountKeys): (account: string) => AccountKeys {
  let young = new Map<string, AccountKeys>()
  let old = new Map<string, AccountKeys>()
  return (account) => {
    const known = young.get(account)
    if (known !== undefined) return known
    const keys = old.get(account) ?? make(account)
    if (young.size >= MAX_ACCOUNTS / 2) {
      old = young
      young = new Map()
    }
    young.set(account, keys)
    return keys
  }
}
