import { setImmediate as othersFirst } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import { SketchError } from '../../rules/detect/sketches/sketch-error.ts'
import type { FleetJudge } from '../../rules/verdicts/fleet-judge.ts'
import type { NormsFile } from './norms-file.ts'

/** Accounts taught before others get their turn. */
const BATCH = 250

/** Has the judge learn what is usual, and keeps it over restarts. */
export interface FleetNormsKeeper {
  /** Takes back what was kept, the first time that it is asked; then learns the hours that are over, and keeps what it learned. */
  learn(nowMs: number): Promise<void>
  /** What people should know: that it had to begin anew, or cannot be kept. */
  readonly findings: readonly string[]
}

export function createFleetNormsKeeper(judge: FleetJudge, file: NormsFile, log: FastifyBaseLogger): FleetNormsKeeper {
  let isRestored = false
  let isKept = true
  let lost: string | undefined
  let trouble: string | undefined

  /** A disk that cannot be read now is no reason to learn anew and write over what is on it. */
  async function restore(): Promise<void> {
    let bytes: Uint8Array | undefined
    try {
      bytes = await file.read()
    } catch (error) {
      trouble =
        'what is usual for accounts over all edges cannot be read from disk; it is tried again, and rule rate is silent until then'
      log.error({ err: error }, 'what is usual over all edges cannot be read; it is tried again')
      return
    }
    isRestored = true
    trouble = undefined
    if (bytes === undefined) return
    try {
      judge.norms.restore(bytes)
      log.info({ accounts: judge.norms.size }, 'what is usual over all edges taken back')
    } catch (error) {
      if (!(error instanceof SketchError)) throw error
      lost = `what was usual for accounts over all edges was torn or changed on disk (${error.code}); it is learned anew, and rule rate is silent for a week`
      log.error({ err: error }, 'what is usual over all edges was torn; it is learned anew')
    }
  }

  async function keep(): Promise<void> {
    try {
      await file.write(judge.norms.bytes())
      isKept = true
      trouble = undefined
    } catch (error) {
      trouble = 'what is usual for accounts over all edges cannot be kept on disk; it is tried again, and a restart loses it'
      log.error({ err: error }, 'what is usual over all edges could not be kept; it is tried again')
    }
  }

  return {
    async learn(nowMs) {
      if (!isRestored) await restore()
      if (!isRestored) return
      for (const taught of judge.learn(nowMs)) {
        isKept = false
        if (taught % BATCH === 0) await othersFirst()
      }
      if (!isKept) await keep()
    },
    get findings() {
      return [lost, trouble].filter((finding) => finding !== undefined)
    },
  }
}
