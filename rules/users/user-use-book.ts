import { MAX_USER_USES, type UserUses } from './user-uses.ts'

const DAY_MS = 86_400_000
/** Asia/Ho_Chi_Minh is UTC+7 all the year. */
const ZONE_MS = 7 * 3_600_000
/** All named users of the country that one edge may see; the longest unseen make room. */
const MAX_USERS = 300_000

/** On which day each named user was last seen at this edge. Days alone: nothing here tells when a person works. */
export interface UserUseBook {
  /** A request of the account was let through. */
  use(token: string, atMs: number): void
  /** Days that became later after change number `since`, oldest change first, as many as one message takes; `change` is the number to ask with next. */
  usesSince(since: number): { readonly change: number; readonly uses: UserUses['uses'] }
}

export function createUserUseBook(maxUsers = MAX_USERS): UserUseBook {
  /** In the order of their changes. */
  const seen = new Map<string, { readonly day: number; readonly change: number }>()
  let change = 0
  return {
    use(token, atMs) {
      const day = Math.floor((atMs + ZONE_MS) / DAY_MS)
      const before = seen.get(token)
      if (before !== undefined && before.day >= day) return
      seen.delete(token)
      const oldest = seen.size >= maxUsers ? seen.keys().next().value : undefined
      if (oldest !== undefined) seen.delete(oldest)
      change += 1
      seen.set(token, { day, change })
    },
    usesSince(since) {
      // A book that was begun anew has counted less: all of it is news.
      const from = since > change ? 0 : since
      const uses: { token: string; day: string }[] = []
      let last = from
      for (const [token, use] of seen) {
        if (use.change <= from) continue
        if (uses.length >= MAX_USER_USES) break
        uses.push({ token, day: new Date(use.day * DAY_MS).toISOString().slice(0, 10) })
        last = use.change
      }
      return { change: uses.length === 0 ? change : last, uses }
    },
  }
}
