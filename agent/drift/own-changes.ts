import { randomUUID } from 'node:crypto'
import type { RunProgram } from '../process/run-program.ts'
import type { KernelProcess, Touch } from './kernel-change.ts'

/** Tells our own changes from those of others, so that no repair answers a repair. */
export interface OwnChanges {
  /** Starts programs and remembers those that change the ruleset. */
  readonly run: RunProgram
  /** A new name for a chain that comes and goes within a change that starts no program: whoever hears of it knows the change for ours. */
  readonly mark: () => string
  /** True, once for each, where `process` is one of those, or `touches` name a mark. */
  isOurs(process: KernelProcess, touches?: readonly Touch[]): boolean
  /** A program of ours with process id `own` is `seen` in the kernel's events: the same number unless this process lives in a PID namespace. */
  compare(own: number, seen: number): void
  /** Forgets what was started before: its events have come or never will. */
  forget(): void
}

/** Programs of ours whose events may still be on their way. */
const MAX_KEPT = 256

/**
 * The kernel names processes by the host's own numbers. Where those are ours too, a process id is proof. In a PID namespace they are not: there each change of
 * ours excuses one event of an `nft`; a foreign one in between may be taken for ours, and ours for it, which costs a needless repair.
 */
export function createOwnChanges(run: RunProgram): OwnChanges {
  const pids = new Set<number>()
  const marks = new Set<string>()
  /** Not known before the first comparison. */
  let areNumbersOurs: boolean | undefined
  let excused = 0
  let running = 0

  return {
    async run(file, args, options = {}) {
      if (file !== 'nft' || !args.includes('-f') || args.includes('--check')) return run(file, args, options)
      excused += 1
      running += 1
      try {
        const result = await run(file, args, {
          ...options,
          onStart(pid) {
            dropOldest(pids)
            pids.add(pid)
            options.onStart?.(pid)
          },
        })
        // What the kernel refused is no change.
        if (result.exitCode !== 0) excused = Math.max(0, excused - 1)
        return result
      } finally {
        running -= 1
      }
    },
    mark() {
      dropOldest(marks)
      const mark = `own-${randomUUID()}`
      marks.add(mark)
      return mark
    },
    isOurs({ pid, name }, touches = []) {
      if (touches.some((touch) => marks.delete(touch.name))) return true
      if (areNumbersOurs === true) return pids.delete(pid)
      if (areNumbersOurs === undefined && pids.delete(pid)) {
        excused = Math.max(0, excused - 1)
        return true
      }
      if (name !== 'nft' || excused === 0) return false
      excused -= 1
      return true
    },
    compare(own, seen) {
      areNumbersOurs = own === seen
    },
    forget() {
      // What runs still may be heard of yet.
      excused = running
    },
  }
}

function dropOldest<Item>(kept: Set<Item>): void {
  if (kept.size >= MAX_KEPT) for (const oldest of [...kept].slice(0, MAX_KEPT / 2)) kept.delete(oldest)
}
