import { type FSWatcher, watch } from 'node:fs'
import { type Timers, wait } from '../time/timers.ts'
import { foldersOf } from './rotated-files.ts'

/** Bundles what a busy log says: so long after the first change the log is looked at. */
const GATHER_MS = 50
/** A folder that cannot be watched, or is not there yet, is tried again after so many waits. */
const RETRY_WAITS = 20

/** Ends a wait early when a log's folder changes. Only a hint: files on some network file systems change in silence. */
export interface LogWake extends Disposable {
  /** Ends when something changed, after `longestMs`, or when `signal` is aborted; never throws. */
  wait(longestMs: number, signal: AbortSignal): Promise<void>
  /** Something came that no folder tells of. */
  stir(): void
}

export function createLogWake(paths: readonly string[], timers: Timers): LogWake {
  const watchers = new Map<string, FSWatcher>()
  let changed = new AbortController()
  let waits = 0

  async function watchFolders(): Promise<void> {
    for (const folder of new Set((await Promise.all(paths.map(foldersOf))).flat())) {
      if (!watchers.has(folder)) watchFolder(folder)
    }
  }

  function watchFolder(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, () => changed.abort())
      watcher.once('error', () => forget(folder))
      watcher.once('close', () => watchers.delete(folder))
      watchers.set(folder, watcher)
    } catch {
      watchers.delete(folder) // Not there, or no inotify watch left: the longest wait is short enough.
    }
  }

  function forget(folder: string): void {
    watchers.get(folder)?.close()
    watchers.delete(folder)
  }

  return {
    async wait(longestMs, signal) {
      if (waits++ % RETRY_WAITS === 0) await watchFolders()
      await wait(timers, longestMs, AbortSignal.any([changed.signal, signal]))
      if (!changed.signal.aborted) return
      await wait(timers, GATHER_MS, signal)
      changed = new AbortController()
    },
    stir: () => changed.abort(),
    [Symbol.dispose]() {
      for (const folder of watchers.keys()) forget(folder)
    },
  }
}
