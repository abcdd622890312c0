import { getPriority, setPriority } from 'node:os'

/** A third of the share of a thread at 0, as proxies run, where both want the same core (sched(7), "The nice value"). */
const NICE = 5

/**
 * Lets other threads go first where there are too few cores: what a proxy waits for is asked of another thread of the same process, which may stand above 0. Of Linux's threads each
 * has a priority of its own, so this is that of the calling one (setpriority(2), "NOTES"). False where the system does not allow it.
 */
export function lowerPriority(set: (pid: number, priority: number) => void = setPriority): boolean {
  try {
    set(0, Math.max(NICE, getPriority(0)))
    return true
  } catch {
    return false // A filter of system calls may forbid it: the work is the same, only its turn is not.
  }
}
