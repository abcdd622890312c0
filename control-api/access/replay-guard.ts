import { ControlError } from '../http/control-error.ts'

/** Remembers credentials that changed something, as long as they could be used again. */
export interface ReplayGuard {
  /** @throws ControlError REPLAYED on a second use; BUSY where the memory is full of live ones (nothing is let in unremembered) */
  spend(id: string, untilMs: number, nowMs: number): void
}

export function createReplayGuard(maxEntries: number): ReplayGuard {
  const spent = new Map<string, number>()
  return {
    spend(id, untilMs, nowMs) {
      const liveUntilMs = spent.get(id)
      if (liveUntilMs !== undefined && liveUntilMs >= nowMs) {
        throw new ControlError('REPLAYED', 'The credential was used before: make a new one, with a new jti, for every request.')
      }
      if (spent.size >= maxEntries) {
        for (const [known, knownUntilMs] of spent) if (knownUntilMs < nowMs) spent.delete(known)
      }
      if (spent.size >= maxEntries) throw new ControlError('BUSY', 'Too many requests within a minute; try again later.')
      spent.set(id, untilMs)
    },
  }
}
