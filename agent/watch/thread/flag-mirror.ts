import type { Flag } from '../../../rules/reports/flag.ts'
import type { FlagSource } from '../flag-book.ts'

/** The flags that another thread holds, told on to whoever listens here. */
export interface FlagMirror extends FlagSource {
  take(flag: Flag): void
  /** Takes over what a new thread begins with; only what is news is told. */
  begin(flags: readonly Flag[]): void
}

/** @param restored flags from before a restart */
export function createFlagMirror(restored: readonly Flag[]): FlagMirror {
  const held = new Map(restored.map((flag) => [flag.account, flag]))
  const listeners = new Set<(flag: Flag) => void>()

  function take(flag: Flag): void {
    if (flag.action === 'release') held.delete(flag.account)
    else held.set(flag.account, flag)
    for (const onFlag of listeners) onFlag(flag)
  }

  return {
    take,
    begin(flags) {
      for (const flag of flags) if (JSON.stringify(held.get(flag.account)) !== JSON.stringify(flag)) take(flag)
    },
    live: () => [...held.values()],
    listen(onFlag) {
      listeners.add(onFlag)
      return {
        [Symbol.dispose]: () => {
          listeners.delete(onFlag)
        },
      }
    },
    get listeners() {
      return listeners.size
    },
  }
}
