import type { Registrations } from '../rules/detect/registered-facility.ts'
import { type AccessLogOptions, writeAccessLog } from './access-log.ts'
import { morningRegistrations, writeMorningLog } from './morning-log.ts'

export const INGEST_LINES = 1_000_000
const SEED = 2019

/** A log to be read, and the registrations that fit it. */
export interface IngestLog {
  readonly name: string
  write(file: string): void
  registrations(): Registrations | undefined
}

export const INGEST_LOGS: readonly IngestLog[] = [
  morning('an ordinary morning of 13,000 facilities', false),
  morning('an ordinary morning, persons told', true),
  blind('13,000 accounts picked blindly, not registered', {}),
  blind('200,000 named users picked blindly, not registered', { users: 200_000 }),
]

function morning(name: string, withSubjects: boolean): IngestLog {
  return {
    name,
    write: (file) => writeMorningLog(file, { lines: INGEST_LINES, seed: SEED, withSubjects }),
    registrations: () => morningRegistrations(SEED),
  }
}

function blind(name: string, options: Pick<AccessLogOptions, 'users'>): IngestLog {
  return {
    name,
    write: (file) => writeAccessLog(file, { lines: INGEST_LINES, seed: SEED, ...options }),
    registrations: () => undefined,
  }
}
