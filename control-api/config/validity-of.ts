import type { Validity } from '../publication/signed-metadata.ts'
import type { ControlConfig } from './options.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** How long signed metadata is valid, by the configuration. */
export function validityOf({ publication }: Pick<ControlConfig, 'publication'>): Validity {
  return {
    rootMs: publication.rootDays * DAY_MS,
    targetsMs: publication.targetsDays * DAY_MS,
    snapshotMs: publication.snapshotDays * DAY_MS,
    timestampMs: publication.timestampHours * HOUR_MS,
  }
}
