import type { RunProgram } from '../process/run-program.ts'
import type { KernelProcess } from './kernel-change.ts'

/** Tells our own changes from those of others, so that no repair answers a repair. */
export interface OwnChanges {
  /** Starts programs and remembers those that change the ruleset. */
  readonly run: RunProgram
  /** True, once for each, where `process` is one of those. */
  isOurs(process: KernelProcess): boolean
  /** A program of ours with process id `own` is `seen` in the kernel's events: the same number unless this process lives in a PID namespace. */
  compare(own: number, seen: number): void
  /** Forgets what was started before: its events have come or never will. */
  forget(): void
}

/** Programs of ours whose events may still be on their way. */
const MAX_PIDS = 256

/**
 * The kernel names processes by the host's own numbers. Where those are ours too, a process id is proof. In a PID namespace they are not: there each change of
 * ours excuses one event of an `nft`; a foreign one in between may be taken for ours, and ours for it, which costs a needless repair.
 */
export function createOwnChanges(run: RunProgram): OwnChanges {
  const pids = new Set<number>()
  let areNumbersOurs = true
  let excused = 0

  return {
    async run(file, args, options = {}) {
      if (file !== 'nft' || !args.includes('-f') || args.includes('--check')) return run(file, args, options)
      excused += 1
      const result = await run(file, args, {
        ...options,
        onStart(pid) {
          if (pids.size >= MAX_PIDS) for (const oldest of [...pids].slice(0, MAX_PIDS / 2)) pids.delete(oldest)
          pids.add(pid)
          options.onStart?.(pid)
        },
      })
      // What the kernel refused is no change.
      if (result.exitCode !== 0) excused = Math.max(0, excused - 1)
      return result
    },
    isOurs({ pid, name }) {
      if (areNumbersOurs) return pids.delete(pid)
      if (name !== 'nft' || excused === 0) return false
      excused -= 1
      return true
    },
    compare(own, seen) {
      areNumbersOurs = own === seen
    },
    forget() {
      excused = 0
    },
  }
}
